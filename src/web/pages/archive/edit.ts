/**
 * Editing a post: by its author within the time the group gives, and by who may care for posts. No mail is sent again;
 * what it said before stays to be read by members.
 */
import { zstdCompressSync } from "node:zlib";
import { html } from "hono/html";
import * as archive from "../../../archive/archive.ts";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { MINUTE } from "../../../kit/clock.ts";
import { languageNow, t } from "../../../language/language.ts";
import { addressKey } from "../../../mail/address.ts";
import { markdownPage } from "../../../mail/markdown.ts";
import { readMail, saysMarkdown } from "../../../mail/read.ts";
import { retexted } from "../../../mail/retext.ts";
import { summarise } from "../../../mail/summary.ts";
import { textToHtml } from "../../../mail/text.ts";
import * as moderation from "../../../moderation/moderation.ts";
import { unpack } from "../../bytes.ts";
import type { Page } from "../../house.ts";
import { isNewcomer } from "../../newcomers.ts";
import { groupFor, NotAllowed, NotHere, type Seen } from "../../rights.ts";
import { field, textOf } from "../../views/forms.ts";
import { answer } from "../../views/layout.ts";
import { personName, shown, withoutAddresses } from "../../views/names.ts";
import { isEdited } from "../../views/post.ts";
import { th } from "../../views/say.ts";
import { timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

const LONGEST_SUBJECT = 300;
const LONGEST = 1_000_000;
const EDITIONS = 50;

type Found = { seen: Seen; post: archive.Post; isAuthor: boolean };
type Typed = { subject: string; text: string; reason: string; edition: number; problem?: string };

/** May this visitor edit this post now? As its author, or as who cares for posts. */
export function mayEdit(
  seen: Seen,
  post: archive.Post,
  own: readonly string[],
  now: Date,
): "author" | "care" | undefined {
  if (!seen.membership || post.deletedAt) return undefined;
  const isAuthor = own.some((one) => addressKey(one) === addressKey(post.authorAddress));
  if (directory.may(seen.membership, "posts")) return "care";
  const isInTime = now.getTime() < post.receivedAt.getTime() + seen.group.editing * MINUTE;
  return isAuthor && isInTime && !isLookedAtFirst(seen, post) ? "author" : undefined;
}

/** Where a moderator would read a new post first, or has put other words into this one, its author changes none alone. */
const isLookedAtFirst = (seen: Seen, post: archive.Post): boolean =>
  isEdited(post) ||
  directory.againstPosting(seen.group, seen.membership) !== undefined ||
  directory.waitsForModerator(seen.group, seen.membership);

/** The same, as far as it takes the archive to know: a newcomer's, or one that a moderator has edited since. */
async function isLookedAfter(c: Page, { group, membership }: Seen, post: archive.Post): Promise<boolean> {
  const { pool } = c.var.house;
  const [latest] = await archive.editionsOf(pool, group.id, post.id, 1);
  if (latest && !latest.byAuthor) return true;
  return isNewcomer(pool, group, membership, post.authorAddress);
}

/** What the group's own rules say of the new words, where they would not let them through. */
async function againstWords(
  c: Page,
  { group, membership }: Seen,
  mail: Parameters<typeof moderation.judgedBy>[0],
): Promise<string | undefined> {
  if (membership?.role !== "member" || membership.moderation === "trusted") return undefined;
  const fit = moderation.firstFit(await moderation.rulesOf(c.var.house.pool, [group.id]), moderation.judgedBy(mail));
  if (!fit || fit.action === "pass") return undefined;
  return fit.why || t`A rule of ${group.title} does not let it through.`;
}

async function found(c: Page): Promise<Found> {
  const { pool, clock } = c.var.house;
  const seen = await groupFor(c, "member");
  const post = await archive.postNumbered(pool, seen.group.id, Number(c.req.param("number")));
  if (!post || post.deletedAt) throw new NotHere();
  const own = await directory.verifiedAddresses(pool, seen.membership!.personId);
  const right = mayEdit(seen, post, own, clock.now());
  if (!right || (right === "author" && (await isLookedAfter(c, seen, post))))
    throw new NotAllowed(
      t`A post is edited by its author, as long as the group lets them, and by who looks after its posts.`,
    );
  return { seen, post, isAuthor: own.some((one) => addressKey(one) === addressKey(post.authorAddress)) };
}

/** GET /g/:name/:number/edit */
export async function form(c: Page): Promise<Response> {
  const one = await found(c);
  const raw = await rawOf(c, one);
  return show(c, one, {
    subject: one.post.subject,
    text: readMail(raw).text ?? "",
    reason: "",
    edition: one.post.edition,
  });
}

/** POST /g/:name/:number/edit */
export async function save(c: Page): Promise<Response> {
  const one = await found(c);
  const { seen, post, isAuthor } = one;
  const { pool, clock } = c.var.house;
  const sent = await c.req.parseBody();
  const typed: Typed = {
    subject: textOf(sent, "subject").replace(/\s+/g, " ").trim(),
    text: textOf(sent, "text").replace(/\r\n?/g, "\n"),
    reason: shown(textOf(sent, "reason").toWellFormed()).slice(0, 500),
    edition: Number(textOf(sent, "edition")),
  };
  const refuse = (problem: string): Promise<Response> => show(c, one, { ...typed, problem });
  if (typed.text.trim() === "") return refuse(t`Write something, or have the post deleted.`);
  if (typed.text.length > LONGEST || typed.subject.length > LONGEST_SUBJECT)
    return refuse(t`This is longer than a post may be.`);
  const before = await rawOf(c, one);
  const page = (text: string): string =>
    (saysMarkdown(before) ? markdownPage(text, [], languageNow()) : undefined) ?? textToHtml(text);
  const raw = retexted(before, typed, page);
  const summary = summarise(raw, post.sentAt);
  const against = await againstWords(c, seen, { raw, summary });
  if (against !== undefined) return refuse(against);
  const { subject, words, parts } = summary;
  const now = { subject, words, parts, size: raw.length, raw: zstdCompressSync(raw) };
  const by = {
    membershipId: seen.membership!.id,
    name: seen.membership!.name || seen.visitor!.address,
    ...{ isAuthor, reason: typed.reason, at: clock.now() },
  };
  const isDone = await transact(pool, (sql) => archive.editPost(sql, { ...post, edition: typed.edition }, by, now));
  if (!isDone)
    return refuse(t`Somebody has edited this post meanwhile: look at it, and put in again what you want to change.`);
  return c.redirect(`/g/${seen.group.name}/${post.number}`, 303);
}

async function rawOf(c: Page, { post }: Found): Promise<Buffer> {
  const packed = await archive.rawPost(c.var.house.pool, post.groupId, post.id);
  if (!packed) throw new NotHere();
  return unpack(packed);
}

async function show(c: Page, { seen, post }: Found, typed: Typed): Promise<Response> {
  const { group } = seen;
  if (typed.problem) c.status(400);
  const content = html`<h1 class="page-title">${t`Edit a post`}</h1>
<p class="lead">${t`It is not sent again: who has it by mail has it as it was. What it said before stays here, with your name and the time.`}</p>
${typed.problem ? html`<p class="field-problem" role="alert">${typed.problem}</p>` : ""}
<form method="post" class="form"><input type="hidden" name="edition" value="${typed.problem ? post.edition : typed.edition}">
${field({ name: "subject", label: t`Subject`, value: typed.subject, maxLength: LONGEST_SUBJECT, autocomplete: "off" })}
${field({ name: "text", label: t`Text`, value: typed.text, rows: 16, isRequired: true })}
${field({ name: "reason", label: t`What was changed, for the others`, value: typed.reason, maxLength: 500, autocomplete: "off" })}
<p class="actions"><button class="button">${t`Save`}</button> <a class="button quiet" href="/g/${group.name}/${post.number}">${t`Leave it as it is`}</a></p></form>`;
  return answer(c, { title: t`Edit a post`, group, isPrivate: true }, content);
}

/** GET /g/:name/:number/editions: what it said before, for members. */
export async function editions(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const seen = await groupFor(c, "member");
  const { group } = seen;
  const post = await archive.postNumbered(pool, group.id, Number(c.req.param("number")));
  if (!post || post.deletedAt) throw new NotHere();
  const before = await archive.editionsOf(pool, group.id, post.id, EDITIONS);
  const reader = readerOf(c);
  const say = (text: string): string => (seen.hidesAddresses ? withoutAddresses(text) : text);
  const content = html`<h1 class="page-title">${t`What it said before`}</h1>
<p class="lead"><a href="/g/${group.name}/${post.number}"><bdi>${shown(post.subject)}</bdi></a> #${post.number}</p>
${before.length === 0 ? html`<div class="empty"><p>${t`This post was never edited.`}</p></div>` : before.map((one) => html`<section class="edition"><h2 class="list-head">${th`Until <bdi>${personName(one.byName, "", true)}</bdi> changed it, ${timeInWords(one.at, reader)}`}</h2>${one.reason ? html`<p><bdi>${say(one.reason)}</bdi></p>` : ""}<p><b><bdi>${shown(one.subject)}</bdi></b></p><div class="post-body is-fixed"><pre dir="auto">${say(readMail(unpack(one.raw)).text ?? "")}</pre></div></section>`)}`;
  return answer(c, { title: t`What it said before`, group, isPrivate: true }, content);
}
