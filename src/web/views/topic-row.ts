/** A topic as one row of a list. */
import { html } from "hono/html";
import type * as archive from "../../archive/archive.ts";
import { t, tn } from "../../language/language.ts";
import type { Seen } from "../rights.ts";
import { topicWords } from "./care.ts";
import { figure } from "./figures.ts";
import type { Html } from "./layout.ts";
import { faces, personName, shown, subjectIn, withoutAddresses } from "./names.ts";
import { type Reader, timeInWords } from "./time.ts";

/** `isFresh`: something in it is new to this reader. */
export function topicRow(
  topic: archive.Topic,
  { group, hidesAddresses }: Seen,
  reader: Reader,
  isFresh = false,
  isMuted = false,
): Html {
  if (isMuted) return mutedRow(topic, group);
  const names = topic.authors.map((name) => personName(name, name, hidesAddresses));
  return html`<li class="topic${isFresh ? " is-new" : ""}">
  <div class="topic-line">${isFresh ? html`<a class="new-mark" href="/g/${group.name}/topic/${topic.id}/new"><span class="unseen">${t`New: go to the first new post`}</span></a>` : ""}<a class="topic-link" href="/g/${group.name}/topic/${topic.id}"><bdi>${subjectIn(group, topic.subject)}</bdi></a>${topicWords(topic)}
  <p class="topic-words"><bdi class="topic-author">${personName(topic.lastAuthor, topic.lastAuthor, hidesAddresses)}</bdi> <span class="topic-last" dir="auto">${hidesAddresses ? withoutAddresses(shown(topic.lastWords)) : shown(topic.lastWords)}</span></p></div>
  ${faces(names)}
  <span class="topic-count" title="${tn(topic.postCount, "{0} post", "{0} posts")}"><span aria-hidden="true">${figure(topic.postCount)}</span><span class="unseen">${tn(topic.postCount, "{0} post", "{0} posts")}</span></span>
  <span class="topic-time">${timeInWords(topic.lastAt, reader)}</span>
</li>`;
}

/** A topic that its reader has muted: its subject alone. */
const mutedRow = (topic: archive.Topic, group: Seen["group"]): Html =>
  html`<li class="topic is-muted"><div class="topic-line"><a class="topic-link" href="/g/${group.name}/topic/${topic.id}"><bdi>${subjectIn(group, topic.subject)}</bdi></a> <span class="topic-mark">${t`muted`}</span></div></li>`;
