/**
 * Atom feeds (RFC 4287): the newest posts of a group, or of a topic.
 *
 * Whoever reads a public archive may follow it. For an archive of members a feed has a personal address, whose token
 * says for which membership it was made: it opens the feeds of that group and nothing else, and ends with the membership.
 */
import { html, raw } from "hono/html";
import * as archive from "../../../archive/archive.ts";
import * as directory from "../../../directory/directory.ts";
import { idFromBytes, idToBytes, isId } from "../../../kit/id.ts";
import { openToken, sealToken } from "../../../mail/token.ts";
import type { House, Page } from "../../house.ts";
import { isKept } from "../../kept.ts";
import { groupFor, hidesAddressesFrom, NotHere, type Seen } from "../../rights.ts";
import { maskedHtml, shown, withoutAddresses } from "../../views/names.ts";
import { authorOf } from "../../views/post.ts";
import { readingsOf } from "./topic.ts";

const ENTRIES = 20;
/** Of a longer post the feed has the first words, and the page the rest. */
const LONGEST_CONTENT = 30_000;

type Feed = { id: string; title: string; page: string; self: string; posts: archive.Post[]; begun: Date };

/** GET /g/:name/feed.atom?for=TOKEN */
export async function group(c: Page): Promise<Response> {
  const seen = await readerFor(c);
  const posts = await archive.newestPosts(c.var.house.pool, seen.group.id, null, ENTRIES);
  const page = `/g/${seen.group.name}`;
  const { id, title, createdAt } = seen.group;
  return answerFeed(c, seen, { id, title, page, self: `${page}/feed.atom`, posts, begun: createdAt });
}

/** GET /g/:name/topic/:id/feed.atom?for=TOKEN */
export async function topic(c: Page): Promise<Response> {
  const { pool } = c.var.house;
  const seen = await readerFor(c);
  const id = c.req.param("id") ?? "";
  const found = isId(id) ? await archive.topic(pool, seen.group.id, id) : undefined;
  if (!found) throw new NotHere();
  const posts = await archive.newestOfTopic(pool, seen.group.id, id, ENTRIES);
  const page = `/g/${seen.group.name}/topic/${id}`;
  const title = `${shown(found.subject) || "(no subject)"} · ${seen.group.title}`;
  return answerFeed(c, seen, { id, title, page, self: `${page}/feed.atom`, posts, begun: found.startedAt });
}

/** The address of a group's feed for this reader: with a token where the archive is for members. */
export async function feedOf(house: House, { group, membership }: Seen): Promise<string> {
  const path = `/g/${group.name}/feed.atom`;
  if (group.archive === "public" || !membership) return path;
  return `${path}?for=${sealToken(await house.tokenSecret(), "feed", idToBytes(membership.id))}`;
}

/** A reader by their session, or by the token of a member who is still one. */
async function readerFor(c: Page): Promise<Seen> {
  const token = c.req.query("for");
  if (token === undefined) return groupFor(c, "reader");
  const { pool, tokenSecret } = c.var.house;
  const payload = openToken(await tokenSecret(), "feed", token);
  const [membership] = payload?.length === 16 ? await directory.presentMemberships(pool, [idFromBytes(payload)]) : [];
  const found = await directory.groupCalled(pool, c.req.param("name") ?? "");
  if (!found || membership?.groupId !== found.id) throw new NotHere();
  const visitor = { address: membership.address, name: membership.name, personId: membership.personId };
  return { group: found, membership, visitor, sight: "archive", hidesAddresses: hidesAddressesFrom(found, membership) };
}

async function answerFeed(c: Page, seen: Seen, feed: Feed): Promise<Response> {
  const { house } = c.var;
  const updated = new Date(Math.max(feed.begun.getTime(), ...feed.posts.map((post) => post.receivedAt.getTime())));
  const readings = await readingsOf(house, seen.group, feed.posts);
  const entries = feed.posts.map((post) => entry(house, seen, post, readings.get(post.id)?.body ?? ""));
  const token = c.req.query("for");
  const self = `${house.config.url}${feed.self}${token ? `?for=${encodeURIComponent(token)}` : ""}`;
  const text = String(html`${raw('<?xml version="1.0" encoding="utf-8"?>')}
<feed xmlns="http://www.w3.org/2005/Atom">
<id>urn:uuid:${feed.id}</id>
<title>${plain(seen, feed.title)}</title>
<updated>${updated.toISOString()}</updated>
<link rel="self" type="application/atom+xml" href="${self}"/>
<link rel="alternate" type="text/html" href="${house.config.url}${feed.page}"/>
<generator>Smartgroups</generator>
${entries}
</feed>
`);
  c.header("x-robots-tag", "noindex");
  return isKept(c, seen, text)
    ? c.body(null, 304)
    : c.body(text, 200, { "content-type": "application/atom+xml; charset=utf-8" });
}

function entry({ config }: House, seen: Seen, post: archive.Post, body: string) {
  const url = `${config.url}/g/${seen.group.name}/${post.number}`;
  const isWhole = body !== "" && body.length <= LONGEST_CONTENT;
  const content = seen.hidesAddresses ? maskedHtml(body) : body;
  return html`<entry>
<id>urn:uuid:${post.id}</id>
<title>${plain(seen, post.subject) || "(no subject)"}</title>
<author><name>${allowed(authorOf(post, seen))}</name></author>
<published>${post.sentAt.toISOString()}</published>
<updated>${post.receivedAt.toISOString()}</updated>
<link rel="alternate" type="text/html" href="${url}"/>
${isWhole ? html`<content type="html" xml:base="${config.url}/">${allowed(content)}</content>` : html`<summary>${plain(seen, post.words)}</summary>`}
</entry>
`;
}

const plain = ({ hidesAddresses }: Seen, text: string): string =>
  allowed(hidesAddresses ? withoutAddresses(shown(text)) : shown(text));

/** XML 1.0 2.2: a document with any other character is none. */
const allowed = (text: string): string =>
  text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "");
