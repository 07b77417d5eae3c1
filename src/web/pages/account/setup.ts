/**
 * The first run: the link that `start` prints makes the first operator, without any mail, and a first group on the way.
 * It is good until somebody is an operator, and for a day.
 */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import * as keys from "../../../keys/keys.ts";
import { Refusal } from "../../../kit/errors.ts";
import { en, t, told } from "../../../language/language.ts";
import { isMailable } from "../../../mail/address.ts";
import { sayPage } from "../../errors.ts";
import type { Page } from "../../house.ts";
import { field, textOf } from "../../views/forms.ts";
import { answer, type Html } from "../../views/layout.ts";

type Wishes = { name: string; email: string; group: string; title: string };
type Problem = { field: "email" | "group"; words: string };

/** GET /setup/:token */
export async function form(c: Page): Promise<Response> {
  if (!(await isOpen(c))) return gone(c);
  return show(c, { name: "", email: "", group: "", title: "" }, undefined);
}

/** POST /setup/:token: makes the operator and the group together, and signs in. */
export async function make(c: Page): Promise<Response> {
  if (!(await isOpen(c))) return gone(c);
  const { pool, clock, signIn } = c.var.house;
  const typed = await c.req.parseBody();
  const word = (name: string): string =>
    textOf(typed, name)
      .replace(/[\p{Cc}\s]+/gu, " ")
      .trim()
      .slice(0, 200);
  const wishes: Wishes = { name: word("name"), email: word("email"), group: word("group"), title: word("title") };
  if (!isMailable(wishes.email))
    return show(c, wishes, { field: "email", words: t`This is not a mail address: write it as name@example.org.` });
  if (wishes.group === "" && wishes.title !== "")
    return show(c, wishes, { field: "group", words: t`The group needs a name for its address too.` });
  let isFirst: boolean;
  try {
    isFirst = await transact(pool, async (sql) => {
      const { name, email: address } = wishes;
      const [personId] = (await directory.peopleFor(sql, [{ address, name }], clock)).values();
      if (!(await directory.makeFirstOperator(sql, personId!))) return false;
      await directory.verifyAddress(sql, address, clock.now());
      if (name !== "") await directory.renamePerson(sql, personId!, name);
      if (wishes.group === "") return true;
      const group = await directory.addGroup(sql, { name: wishes.group, title: wishes.title }, clock);
      await directory.addMembers(sql, group.id, [{ address, name, role: "owner" }], en`made the group`, clock, {
        how: "web",
        source: en`made the group`,
      });
      return true;
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return show(c, wishes, { field: "group", words: told(error.message) });
  }
  if (!isFirst) return gone(c);
  const agent = c.req.header("user-agent") ?? "";
  for (const cookie of await signIn.signInNow(wishes.email, agent)) c.header("set-cookie", cookie, { append: true });
  return c.redirect(wishes.group === "" ? "/groups/new" : `/g/${wishes.group.toLowerCase()}`, 303);
}

async function isOpen(c: Page): Promise<boolean> {
  const { pool, tokenSecret, clock } = c.var.house;
  const isOurs = keys.isOperatorPass(await tokenSecret(), "setup", c.req.param("token") ?? "", clock.now());
  return isOurs && !(await directory.hasOperator(pool));
}

function show(c: Page, wishes: Wishes, problem: Problem | undefined): Promise<Response> {
  if (problem) c.status(400);
  c.header("referrer-policy", "no-referrer");
  c.header("cache-control", "no-store");
  return answer(c, { title: t`Set up this service`, isPrivate: true }, setupView(wishes, problem));
}

const setupView = (
  wishes: Wishes,
  problem: Problem | undefined,
): Html => html`<h1 class="page-title">${t`Set up this service`}</h1>
<p class="lead">${t`You become its operator: you look after the service itself, and may see how mail goes out.`}</p>
<form method="post" class="form">
${field({ name: "name", label: t`Your name, as others will see it`, value: wishes.name, autocomplete: "name", maxLength: 100 })}
${field({ name: "email", label: t`Your mail address`, type: "email", value: wishes.email, problem: problem?.field === "email" ? problem.words : undefined, help: t`You sign in with it later, by a link we mail to it.`, autocomplete: "email", isRequired: true })}
<h2 class="list-head">${t`Your first group`}</h2>
<p>${t`You are its owner. Leave both empty to make it later.`}</p>
${field({ name: "group", label: t`The name in its address`, value: wishes.group, problem: problem?.field === "group" ? problem.words : undefined, help: t`Small letters, digits, dots and hyphens, such as readers: posts are sent to it.`, maxLength: 40 })}
${field({ name: "title", label: t`Its title`, value: wishes.title, help: t`As people call it, such as The readers.`, maxLength: 100 })}
<p class="actions"><button class="button">${t`Begin`}</button></p></form>`;

const gone = (c: Page): Promise<Response> =>
  sayPage(
    c,
    404,
    t`This link does not work any more`,
    html`<p>${t`It is good for a day, and until somebody is the operator. On the machine that runs this service, this prints a new one:`}</p><p><code>npx smartgroups setup</code></p>`,
  );
