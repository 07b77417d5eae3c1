/** The topics with a hashtag in their subject. */
import { html } from "hono/html";
import * as archive from "../../../archive/archive.ts";
import { isId } from "../../../kit/id.ts";
import { t } from "../../../language/language.ts";
import type { Page } from "../../house.ts";
import { publicPage } from "../../kept.ts";
import { groupFor, NotHere, type Seen } from "../../rights.ts";
import { framed, type Html } from "../../views/layout.ts";
import { topicRow } from "../../views/topic-row.ts";
import { readerOf } from "../../visitors.ts";

const ROWS = 50;

/** GET /g/:name/tag/:tag?before=ID */
export async function one(c: Page): Promise<Response> {
  const seen = await groupFor(c, "reader");
  const tag = (c.req.param("tag") ?? "").toLowerCase();
  const before = c.req.query("before") ?? "";
  const found = await archive.topicsTagged(
    c.var.house.pool,
    seen.group.id,
    tag,
    isId(before) ? before : null,
    ROWS + 1,
  );
  if (found.length === 0) throw new NotHere();
  const { group } = seen;
  const frame = {
    title: `#${tag}`,
    group,
    isPrivate: group.archive === "members",
    wide: true,
    isForReading: true,
    scripts: ["keys.js"],
  };
  return publicPage(c, seen, await framed(c, frame, tagView(c, seen, tag, found)));
}

function tagView(c: Page, seen: Seen, tag: string, found: archive.Topic[]): Html {
  const some = found.slice(0, ROWS);
  const here = `/g/${seen.group.name}/tag/${encodeURIComponent(tag)}`;
  return html`<h1 class="page-title"><bdi>#${tag}</bdi></h1>
<ol class="topics" data-keys>${some.map((topic) => topicRow(topic, seen, readerOf(c)))}</ol>
<nav class="pages" aria-label="${t`Pages`}"><span></span>${found.length > ROWS ? html`<a rel="next" href="${here}?before=${some.at(-1)!.id}">${t`Older topics`}</a>` : ""}</nav>`;
}
