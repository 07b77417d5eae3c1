/**
 * Which parts are shown as the text, which as the page, and which are attachments (RFC 8621 4.1.4, as JMAP servers do).
 *
 * Of a multipart/alternative the text takes the plain form and the page the HTML form; what stands beside it goes into
 * both. Everything that is in neither is an attachment, so that nothing of a mail is out of reach.
 */
import type { Part } from "./parts.ts";

export type Shown = { text: Part[]; html: Part[]; attachments: Part[] };

/** `parts` as `indexParts` gives them. */
export function shownParts(parts: readonly Part[]): Shown {
  const children = new Map<Part, Part[]>(parts.map((part) => [part, []]));
  for (const part of parts) if (part.parent >= 0) children.get(parts[part.parent]!)!.push(part);
  const lists = { text: new Set<Part>(), html: new Set<Part>() };
  const root = parts[0];
  if (root) place(root, 0, { type: "mixed", into: ["text", "html"] }, lists, children);
  const text = parts.filter((part) => lists.text.has(part));
  const html = parts.filter((part) => lists.html.has(part));
  const attachments = parts.filter(
    (part) =>
      !lists.text.has(part) && !lists.html.has(part) && (children.get(part)!.length === 0 || !isMultipart(part)),
  );
  return { text, html, attachments };
}

type Kind = "text" | "html";
type Around = { type: string; into: readonly Kind[] };
type Lists = Record<Kind, Set<Part>>;

// Recursive, but only as deep as indexParts lets parts be.
function place(part: Part, position: number, around: Around, lists: Lists, children: Map<Part, Part[]>): void {
  const below = children.get(part)!;
  if (below.length > 0) {
    const type = part.type.slice("multipart/".length);
    if (type === "alternative") placeAlternatives(below, around, lists, children);
    else below.forEach((child, i) => void place(child, i, { type, into: around.into }, lists, children));
    return;
  }
  if (isShown(part, position, around.type)) for (const kind of around.into) lists[kind].add(part);
}

/** One form each for the text and the page; a form that is missing is lent by the other. */
function placeAlternatives(forms: readonly Part[], around: Around, lists: Lists, children: Map<Part, Part[]>): void {
  const own = { text: new Set<Part>(), html: new Set<Part>() };
  for (const [i, form] of forms.entries()) {
    const type = children.get(form)!.length > 0 ? undefined : form.type;
    const into: Kind[] = type === "text/plain" ? ["text"] : type === "text/html" ? ["html"] : ["text", "html"];
    if (type !== undefined) {
      if (isShown(form, i, "alternative")) for (const kind of into) own[kind].add(form);
      continue;
    }
    // a multipart/related with a page is the HTML form, a multipart/mixed with only text the plain one
    const inner = { text: new Set<Part>(), html: new Set<Part>() };
    place(form, i, { type: "alternative", into }, inner, children);
    const hasHtml = [...inner.html].some((part) => part.type === "text/html");
    for (const part of hasHtml ? inner.html : inner.text) own[hasHtml ? "html" : "text"].add(part);
  }
  for (const kind of around.into) {
    const forms = own[kind].size > 0 ? own[kind] : own[kind === "text" ? "html" : "text"];
    for (const part of forms) lists[kind].add(part);
  }
}

const isMultipart = (part: Part): boolean => part.type.startsWith("multipart/");

function isShown(part: Part, position: number, around: string): boolean {
  if (part.disposition === "attachment") return false;
  if (part.type !== "text/plain" && part.type !== "text/html") return false;
  return position === 0 || (around !== "related" && part.filename === undefined);
}
