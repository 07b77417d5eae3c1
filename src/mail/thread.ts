/**
 * Threading by References, after Jamie Zawinski's algorithm (https://www.jwz.org/doc/threading.html), without recursion.
 *
 * Every id that is seen gets a place, also ids of mails that are not here: two answers to a lost mail belong together.
 * References link one place below the next unless that place already has a parent or would become its own ancestor; the
 * mail's own last reference has the last word. Only a mail that names no ancestor at all may be joined by its subject,
 * and only if it says "Re:" and the earlier mail of that subject is not older than a short while.
 */
import { readSubject } from "./subject.ts";

export type ThreadMessage = { id: string; references: readonly string[]; subject: string; date: Date };

/** `parents`: each id, present or only referred to, to its parent's id. `roots`: in the order they were first seen. */
export type Threads = { parents: Map<string, string | undefined>; roots: string[]; missing: Set<string> };

const DAY = 86_400_000;

/** A second mail with an id that was already seen is passed over. `subjectWindow`: in milliseconds, 0 for never. */
export function threadOf(messages: readonly ThreadMessage[], subjectWindow = 7 * DAY): Threads {
  const parents = new Map<string, string | undefined>();
  const hasChildren = new Set<string>();
  const present = new Set<string>();
  const link = (child: string, parent: string): void => {
    if (child === parent || (hasChildren.has(child) && isAncestor(parents, child, parent))) return;
    parents.set(child, parent);
    hasChildren.add(parent);
  };
  const distinct = messages.filter((message) => !present.has(message.id) && present.add(message.id));
  for (const { id, references } of distinct) {
    let above: string | undefined;
    for (const reference of references) {
      if (reference === id) continue;
      if (!parents.has(reference)) parents.set(reference, undefined);
      if (above !== undefined && parents.get(reference) === undefined) link(reference, above);
      above = reference;
    }
    if (!parents.has(id)) parents.set(id, undefined);
    if (above !== undefined) link(id, above);
  }
  if (subjectWindow > 0) joinBySubject(distinct, parents, link, subjectWindow);
  const ids = [...parents.keys()];
  return {
    parents,
    roots: ids.filter((id) => parents.get(id) === undefined),
    missing: new Set(ids.filter((id) => !present.has(id))),
  };
}

/** Where a mail with these references (furthest first) may hang: the nearest first, each once. */
export const parentCandidates = (references: readonly string[]): string[] => [...new Set(references.toReversed())];

function isAncestor(parents: Map<string, string | undefined>, ancestor: string, of: string): boolean {
  for (let at: string | undefined = of; at !== undefined; at = parents.get(at)) if (at === ancestor) return true;
  return false;
}

function joinBySubject(
  messages: readonly ThreadMessage[],
  parents: Map<string, string | undefined>,
  link: (child: string, parent: string) => void,
  window: number,
): void {
  const topics = new Map<string, { id: string; lastSeen: number }>();
  for (const message of messages.toSorted((a, b) => a.date.getTime() - b.date.getTime())) {
    const { base, isReply } = readSubject(message.subject);
    if (base === "") continue;
    const now = message.date.getTime();
    const topic = topics.get(base);
    const isSameTopic = isReply && topic !== undefined && now - topic.lastSeen <= window;
    const isAlone = message.references.length === 0 && parents.get(message.id) === undefined;
    if (isSameTopic && isAlone) link(message.id, topic.id);
    topics.set(base, { id: isSameTopic ? topic.id : message.id, lastSeen: now });
  }
}
