/** Care of the archive on pages: what moderators can do to a topic and a post, and what was done. */
import { html } from "hono/html";
import type * as archive from "../../archive/archive.ts";
import { t } from "../../language/language.ts";
import { field } from "./forms.ts";
import type { Html } from "./layout.ts";
import { shown } from "./names.ts";
import { th } from "./say.ts";
import { type Reader, timeOfPost } from "./time.ts";

/** Instead of a deleted post's text. */
export const deletedNote = (deletion: archive.Change | undefined, reader: Reader): Html =>
  deletion
    ? html`<p class="deleted">${th`Deleted by <bdi>${shown(deletion.byName)}</bdi> ${timeOfPost(deletion.at, reader)}.`}${deletion.reason ? html` <bdi>${shown(deletion.reason)}</bdi>` : ""}</p>`
    : html`<p class="deleted">${t`This post was deleted.`}</p>`;

const reasonField = (id: string): Html =>
  field({ name: "reason", id, label: t`Reason`, value: "", maxLength: 500, autocomplete: "off" });

/** For who may do it: below a post. The post that began its topic can't be split off. */
export function postCare({ post }: { post: archive.Post }, here: string): Html {
  return html`<details class="care"><summary>${t`Moderate this post`}</summary>
<form method="post" action="${here}/care" class="form">${reasonField("care-post")}
<p class="field-help">${t`The reason stays in the group’s log, and with a deleted post for everybody.`}</p>
<p class="actions"><button class="button quiet" name="do" value="delete">${t`Delete for good`}</button>
${post.id === post.topicId ? "" : html`<button class="button quiet" name="do" value="split">${t`Make it and its answers a topic of their own`}</button>`}</p></form></details>`;
}

/** For who may do it: below a topic. */
export function topicCare(topic: archive.Topic, group: string, into: { typed: string; problem?: string }): Html {
  const here = `/g/${group}/topic/${topic.id}/care`;
  return html`<details class="care"${into.problem ? html` open` : ""}><summary>${t`Moderate this topic`}</summary>
<form method="post" action="${here}" class="form">${reasonField("care-topic")}
<p class="actions"><button class="button quiet" name="do" value="${topic.pinnedAt ? "unpin" : "pin"}">${topic.pinnedAt ? t`Unpin` : t`Pin above the others`}</button>
<button class="button quiet" name="do" value="${topic.lockedAt ? "unlock" : "lock"}">${topic.lockedAt ? t`Unlock` : t`Lock: no more replies`}</button></p>
${field({ name: "into", id: "care-into", label: t`Number of a post in the topic that this one becomes part of`, value: into.typed, problem: into.problem, maxLength: 10, autocomplete: "off" })}
<p class="actions"><button class="button quiet" name="do" value="merge">${t`Merge`}</button>
<a class="button bare" href="/g/${group}/log">${t`Log`}</a></p></form></details>`;
}

/** Words beside a topic's subject. */
export const topicWords = ({ pinnedAt, lockedAt }: archive.Topic): Html =>
  html`${pinnedAt ? html`<span class="topic-word"><span aria-hidden="true">⚑</span> ${t`pinned`}</span>` : ""}${lockedAt ? html`<span class="topic-word"><span aria-hidden="true">■</span> ${t`locked`}</span>` : ""}`;
