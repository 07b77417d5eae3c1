/** Topics of a group, and the posts of a topic: the newest first, the older ones behind the Link header. */
import * as archive from "../../archive/archive.ts";
import type { Page } from "../house.ts";
import { topicPlaceText } from "../places.ts";
import { groupFor, NotHere, type Seen } from "../rights.ts";
import { masked, personName, shown, withoutAddresses } from "../views/names.ts";
import { kept, limitFrom, linkNext, numberBefore, topicBefore } from "./answer.ts";

const LONGEST = 20_000;

/** GET groups/:name/topics?before=PLACE&limit= */
export async function list(c: Page): Promise<Response> {
  const seen = await groupFor(c, "reader");
  const limit = limitFrom(c, 25);
  const found = await archive.topics(c.var.house.pool, seen.group.id, topicBefore(c), limit + 1);
  const some = found.slice(0, limit);
  if (found.length > limit) linkNext(c, { before: topicPlaceText(some.at(-1)!), limit });
  const topics = some.map((topic) => topicOf(c, seen, topic));
  return kept(c, seen, topics);
}

/** GET groups/:name/topics/:id?before=NUMBER&limit= */
export async function one(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const seen = await groupFor(c, "reader");
  const limit = limitFrom(c, 100);
  const before = numberBefore(c) ?? Number.POSITIVE_INFINITY;
  const topic = await archive.topic(pool, seen.group.id, c.req.param("id")!);
  if (!topic) throw new NotHere();
  const outline = await archive.outlineOfTopic(pool, seen.group.id, topic.id, LONGEST);
  const older = outline.filter((post) => post.number < before).reverse();
  const some = older.slice(0, limit);
  if (older.length > limit) linkNext(c, { before: some.at(-1)!.number, limit });
  const numbers = new Map(outline.map((post) => [post.id, post.number]));
  const posts = some.map(({ id, number, parentId, subject, sentAt, ...author }) => ({
    id,
    number,
    answers: (parentId && numbers.get(parentId)) ?? null,
    from: fromOf(seen, author),
    subject: wordsFor(seen, subject),
    sentAt,
  }));
  return kept(c, seen, { ...topicOf(c, seen, topic), posts });
}

function topicOf(c: Page, seen: Seen, topic: archive.Topic) {
  const name = (text: string): string => personName(text, text, seen.hidesAddresses);
  return {
    id: topic.id,
    subject: wordsFor(seen, topic.subject),
    startedAt: topic.startedAt,
    lastAt: topic.lastAt,
    postCount: topic.postCount,
    lastNumber: topic.lastNumber,
    lastAuthor: name(topic.lastAuthor),
    lastWords: wordsFor(seen, topic.lastWords),
    authors: topic.authors.map(name),
    url: `${c.var.house.config.url}/g/${seen.group.name}/topic/${topic.id}`,
  };
}

/** An author as this visitor may see them; null when the mail named nobody. */
export function fromOf(seen: Seen, { authorName, authorAddress }: Pick<archive.Post, "authorName" | "authorAddress">) {
  if (!authorName && !authorAddress) return null;
  return seen.hidesAddresses
    ? { name: personName(authorName, masked(authorAddress), true), address: masked(authorAddress) }
    : { name: shown(authorName), address: authorAddress };
}

/** One line of a stranger's words as this visitor may see it. */
export const wordsFor = (seen: Seen, text: string): string =>
  seen.hidesAddresses ? withoutAddresses(shown(text)) : shown(text);
