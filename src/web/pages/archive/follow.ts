/** POST /g/:name/topic/:id/follow: `do` is `follow`, `mute` or `none`; `back` may be `membership`. */
import * as archive from "../../../archive/archive.ts";
import { transact } from "../../../db/sql.ts";
import * as directory from "../../../directory/directory.ts";
import { isId } from "../../../kit/id.ts";
import { en } from "../../../language/language.ts";
import type { Page } from "../../house.ts";
import { groupFor, NotHere } from "../../rights.ts";
import { textOf } from "../../views/forms.ts";

export async function topic(c: Page): Promise<Response> {
  const { pool, clock } = c.var.house;
  const { group, membership } = await groupFor(c, "poster");
  if (!membership) throw new NotHere();
  const id = c.req.param("id") ?? "";
  const [found] = isId(id) ? await archive.topicStarts(pool, group.id, [id]) : [];
  if (!found) throw new NotHere();
  const typed = await c.req.parseBody();
  const wanted = textOf(typed, "do");
  const wish = wanted === "follow" || wanted === "mute" ? wanted : null;
  const now = clock.now();
  await transact(pool, (sql) => directory.followTopic(sql, membership, found, wish, en`the member, on the web`, now));
  const back = textOf(typed, "back") === "membership" ? "membership" : `topic/${id}#follow`;
  return c.redirect(`/g/${group.name}/${back}`, 303);
}
