/** Groups made and changed, in the words of `group add` and `group set`. */
import { transact } from "../../db/sql.ts";
import type * as directory from "../../directory/directory.ts";
import { t } from "../../language/language.ts";
import * as life from "../../life/life.ts";
import type { House, Page } from "../house.ts";
import { mayMakeGroups } from "../making.ts";
import { doerOf, groupFor, NotAllowed, SignInFirst } from "../rights.ts";
import { BadRequest, pairsFrom } from "./answer.ts";
import { describe } from "./groups.ts";

/** POST groups : `{"name": "readers", "title": "The readers", "template": "club"}`; who asks owns it. */
export async function make(c: Page): Promise<Response> {
  const { house } = c.var;
  const visitor = await c.var.visitor();
  if (!visitor) throw new SignInFirst();
  const maker = await mayMakeGroups(c, visitor);
  if (!maker) throw new NotAllowed(t`New groups are made by the operators of this service: ask them for one.`);
  const { name, template, ...settings } = await pairsFrom(c, '{"name": "readers", "title": "The readers"}');
  if (!name) throw new BadRequest('Send the "name" that stands in the group\'s address.');
  const by = { membershipId: null, name: visitor.name || visitor.address, how: "api" as const };
  const owner = { address: visitor.address, name: visitor.name };
  const group = await transact(house.pool, (sql) =>
    life.found(sql, meansOf(house), { name, template, settings: chosen(settings) }, [owner], by, maker),
  );
  c.header("location", `/api/v1/groups/${group.name}`);
  return tell(c, group, 201);
}

/** POST groups/:name : settings; of `name`, another name in its address, which is for owners. */
export async function change(c: Page): Promise<Response> {
  const { house } = c.var;
  const seen = await groupFor(c, "settings");
  const { name, ...settings } = await pairsFrom(c, '{"title": "The readers", "reply": "group"}');
  if (name !== undefined) await groupFor(c, "owner");
  const by = doerOf(seen, "api");
  const group = await transact(house.pool, async (sql) => {
    const set = await life.set(sql, house.clock, seen.group, chosen(settings), by);
    return name === undefined ? set : life.rename(sql, meansOf(house), set, name, by);
  });
  return tell(c, group, 200);
}

/** POST groups/:name/end : `{"do": "close"}`, or open, remove (with `"typed"`, the group's name), restore. */
export async function end(c: Page): Promise<Response> {
  const { house } = c.var;
  const seen = await groupFor(c, "owner");
  const { do: wanted, typed = "" } = await pairsFrom(c, '{"do": "close"}');
  const step = life.STEPS.find((one) => one === wanted);
  if (!step) throw new BadRequest(`"do" must be one of ${life.STEPS.join(", ")}.`);
  if (step === "remove" && typed.toLowerCase() !== seen.group.name)
    throw new BadRequest(`To remove the group send "typed": "${seen.group.name}" with it.`);
  const after = await transact(house.pool, (sql) =>
    life.end(sql, meansOf(house), seen.group, step, doerOf(seen, "api")),
  );
  return tell(c, after ?? seen.group, 200);
}

/** What only operators set, by the command. */
function chosen(settings: Record<string, string>): Record<string, string> {
  const foreign = Object.keys(settings).find((key) => key === "weight");
  if (foreign) throw new NotAllowed(`"${foreign}" is for operators to set, by smartgroups group set.`);
  return settings;
}

const meansOf = ({ config, clock }: House): life.Means => ({ domain: config.domain, url: config.url, clock });

async function tell(c: Page, group: directory.Group, status: 200 | 201): Promise<Response> {
  c.header("cache-control", "no-store");
  const [described] = await describe(c.var.house, [group], () => "member");
  return c.json(described, status);
}
