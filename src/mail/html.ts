/**
 * Somebody else's HTML, made safe to stand in our page, or told as plain text.
 *
 * Only named elements, attributes and style properties survive; every address is judged anew, since a link in a mail
 * must never point into our own pages, and a picture loaded from outside tells its sender who reads. Input is cut at
 * 1 MB and nesting at 100 elements, so that no page costs more than it is worth.
 */
import sanitizeHtml from "sanitize-html";

export type SafeHtmlOptions = {
  images: "blocked" | "shown";
  /** Our address of the picture with this Content-ID; undefined when the mail has none. */
  cid: (contentId: string) => string | undefined;
};

const MAX_LENGTH = 1024 * 1024;
const MAX_NESTING = 100;
const MAX_OPEN = 250;
const MAX_INLINE_IMAGE = 200_000;

/** The page without anything that runs, reaches out, or covers ours. `remoteImages` counts those that were left out or shown. */
export function safeHtml(html: string, options: SafeHtmlOptions): { html: string; remoteImages: number } {
  let remoteImages = 0;
  const image: sanitizeHtml.Transformer = (_, { src, alt, width, height, title }) => {
    const kept = { ...(width && { width }), ...(height && { height }), ...(title && { title }), alt: alt ?? "" };
    const { kind, url } = judgeImage(src ?? "", options.cid);
    if (kind === "remote") remoteImages += 1;
    if (kind === "ours" || (kind === "remote" && options.images === "shown"))
      return { tagName: "img", attribs: { ...kept, src: url, loading: "lazy", referrerpolicy: "no-referrer" } };
    const called = (alt ?? "").trim().slice(0, 200);
    return {
      tagName: "span",
      attribs: { class: "left-out-image" },
      text: called === "" ? "[image]" : `[image: ${called}]`,
    };
  };
  const restart = (): void => {
    remoteImages = 0;
  };
  const { text: clean, cut } = sanitizeBounded(html, restart, {
    allowedTags: TAGS,
    allowedAttributes: ATTRIBUTES,
    allowedClasses: { span: ["left-out-image"] },
    allowedStyles: { "*": STYLES },
    allowedSchemes: ["http", "https", "mailto"],
    allowedSchemesByTag: { img: ["http", "https", "data"] },
    allowProtocolRelative: false,
    nestingLimit: MAX_NESTING,
    nonTextTags: HIDDEN,
    transformTags: { a: link, img: image },
  });
  return { html: cut ? `${clean}<p>This page is ${cut}; the rest is left out.</p>` : clean, remoteImages };
}

/** The text of a page: lines where a browser would break them, "> " before quotes, "- " before list items. */
export function htmlToText(html: string): string {
  let out: string[] = [];
  let quotes = 0;
  let preformatted = 0;
  let atLineStart = true;
  let blankLines = 1;
  const restart = (): void => {
    [out, quotes, preformatted, atLineStart, blankLines] = [[], 0, 0, true, 1];
  };
  const breakLine = (): void => {
    if (!atLineStart) out.push("\n");
    if (!atLineStart) blankLines = 0;
    atLineStart = true;
  };
  const emptyLine = (): void => {
    breakLine();
    if (blankLines === 0) out.push("\n");
    blankLines = 1;
  };
  const write = (text: string): void => {
    if (text === "") return;
    if (atLineStart && quotes > 0) out.push("> ".repeat(Math.min(quotes, 8)));
    out.push(text);
    atLineStart = false;
  };
  sanitizeBounded(html, restart, {
    allowedTags: [],
    allowedAttributes: {},
    nonTextTags: HIDDEN,
    textFilter: (escaped) => {
      const text = unescapeHtml(escaped);
      if (preformatted > 0) {
        text.split("\n").forEach((line, i) => {
          if (i > 0) out.push("\n");
          if (i > 0) atLineStart = true;
          write(line);
        });
        return "";
      }
      const words = text.replace(/[ \t\r\n\f]+/g, " ");
      write(atLineStart || (out.at(-1) ?? "").endsWith(" ") ? words.replace(/^ /, "") : words);
      return "";
    },
    onOpenTag: (name, attributes) => {
      if (PARAGRAPHS.has(name)) emptyLine();
      else if (BLOCKS.has(name)) breakLine();
      if (name === "blockquote") quotes += 1;
      else if (name === "pre") preformatted += 1;
      else if (name === "li") write("- ");
      else if (name === "br") {
        out.push("\n");
        blankLines = atLineStart ? 1 : 0;
        atLineStart = true;
      } else if ((name === "td" || name === "th") && !atLineStart) write(" ");
      else if (name === "hr") write("----");
      else if (name === "img" && (attributes["alt"] ?? "").trim() !== "")
        write(`[${attributes["alt"]!.trim().slice(0, 200)}]`);
    },
    onCloseTag: (name) => {
      if (name === "blockquote") quotes = Math.max(0, quotes - 1);
      else if (name === "pre") preformatted = Math.max(0, preformatted - 1);
      if (PARAGRAPHS.has(name)) emptyLine();
      else if (BLOCKS.has(name)) breakLine();
    },
  });
  const text = out.join("").replaceAll("\u00a0", " ");
  return `${text.replace(/[ \t]{1,1000}\n/g, "\n").trim()}\n`;
}

class TooDeep extends Error {
  readonly tags: number;
  constructor(tags: number) {
    super("nested too deep");
    this.tags = tags;
  }
}

/**
 * Sanitizes the page up to 1 MB, and up to the element that would stand more than 250 deep: the sanitizer's time grows
 * with the square of the elements that are open at once (60,000 of them: 1.3 s; a mail may bring a million).
 * `restart` is called before the page is begun anew.
 */
function sanitizeBounded(
  html: string,
  restart: () => void,
  options: sanitizeHtml.IOptions,
): { text: string; cut?: string } {
  const run = (page: string): string => {
    let tags = 0;
    let depth = 0;
    return sanitizeHtml(page, {
      ...options,
      onOpenTag: (name, attributes) => {
        tags += 1;
        depth += 1;
        if (depth > MAX_OPEN) throw new TooDeep(tags);
        options.onOpenTag?.(name, attributes);
      },
      onCloseTag: (name, isImplied) => {
        depth -= 1;
        options.onCloseTag?.(name, isImplied);
      },
    });
  };
  const page = html.slice(0, MAX_LENGTH);
  try {
    return { text: run(page), ...(page.length < html.length && { cut: "longer than 1 MB" }) };
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error;
    restart();
    return { text: run(page.slice(0, tagPosition(page, error.tags))), cut: "nested too deep" };
  }
}

/** Where the n-th thing that could be a tag begins: at or before the n-th tag. */
function tagPosition(page: string, n: number): number {
  let count = 0;
  for (const { index } of page.matchAll(/<\/?[a-z]/gi)) {
    count += 1;
    if (count === n) return index;
  }
  return 0;
}

const TAGS = [
  ..."a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div dl dt".split(
    " ",
  ),
  ..."em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark ol p pre q s samp section".split(
    " ",
  ),
  ..."small span strike strong sub sup table tbody td tfoot th thead tr tt u ul var wbr".split(" "),
];

const HIDDEN = [
  "script",
  "style",
  "textarea",
  "option",
  "noscript",
  "title",
  "head",
  "template",
  "iframe",
  "object",
  "svg",
  "math",
  "xmp",
  "noembed",
  "noframes",
];

const CELL = ["align", "valign", "width", "height", "bgcolor", "colspan", "rowspan", "nowrap"];
const ATTRIBUTES = {
  "*": ["style", "dir", "lang"],
  a: ["href", "title", "target", "rel"],
  img: ["src", "alt", "width", "height", "title", "loading", "referrerpolicy"],
  table: ["align", "width", "border", "cellpadding", "cellspacing", "bgcolor"],
  td: CELL,
  th: CELL,
  tr: ["align", "valign", "bgcolor"],
  div: ["align"],
  p: ["align"],
  font: ["color", "face", "size"],
  ol: ["start", "type"],
  span: ["class"],
};

// No position, no url(), no negative lengths: nothing that leaves its place or its document.
const COLOUR = [/^(?:#[0-9a-f]{3,8}|[a-z]{3,30}|rgba?\([\d\s.,%]{1,40}\))$/i];
const LENGTHS = [/^(?:(?:\d{1,4}(?:\.\d{1,4})?(?:px|pt|em|ex|rem|%|in|cm|mm)?|auto)\s{0,3}){1,4}$/i];
const WORD = [/^[a-z-]{1,30}$/i];
const BORDER = [/^[a-z0-9#.\s]{1,60}$/i];
const STYLES: Record<string, RegExp[]> = {
  color: COLOUR,
  "background-color": COLOUR,
  background: COLOUR,
  "font-family": [/^[\w\s,'"-]{1,200}$/],
  "font-size": [/^(?:[a-z-]{2,10}|\d{1,2}(?:\.\d{1,3})?(?:px|pt|em|rem)|\d{1,3}%)$/i],
  "font-style": WORD,
  "font-weight": [/^(?:[a-z]{4,8}|[1-9]00)$/i],
  "text-align": WORD,
  "text-decoration": [/^[a-z\s-]{1,40}$/i],
  "vertical-align": WORD,
  "white-space": WORD,
  "line-height": LENGTHS,
  margin: LENGTHS,
  padding: LENGTHS,
  border: BORDER,
  "border-collapse": WORD,
  ...Object.fromEntries(
    ["top", "right", "bottom", "left"].flatMap((side) => [
      [`margin-${side}`, LENGTHS],
      [`padding-${side}`, LENGTHS],
      [`border-${side}`, BORDER],
    ]),
  ),
  width: LENGTHS,
  "max-width": LENGTHS,
};

const PARAGRAPHS = new Set("p h1 h2 h3 h4 h5 h6 blockquote pre ul ol dl table".split(" "));
const BLOCKS = new Set("div li tr dt dd hr address article section header footer center caption form".split(" "));

const link: sanitizeHtml.Transformer = (_, { href, title }) => {
  const url = absolute(href ?? "", ["http:", "https:", "mailto:"]);
  if (url === undefined) return { tagName: "span", attribs: {} };
  const attribs = { href: url, target: "_blank", rel: "noopener noreferrer nofollow", ...(title && { title }) };
  return { tagName: "a", attribs };
};

function judgeImage(src: string, cid: SafeHtmlOptions["cid"]): { kind: "ours" | "remote" | "none"; url: string } {
  const written = src.trim();
  if (/^cid:/i.test(written)) {
    const ours = cid(decoded(written.slice(4)));
    return ours === undefined ? { kind: "none", url: "" } : { kind: "ours", url: ours };
  }
  if (/^data:image\/(?:png|gif|jpeg|webp);base64,[A-Za-z0-9+/=\s]*$/i.test(written.slice(0, MAX_INLINE_IMAGE + 1)))
    return written.length > MAX_INLINE_IMAGE ? { kind: "none", url: "" } : { kind: "ours", url: written };
  const url = absolute(written.startsWith("//") ? `https:${written}` : written, ["http:", "https:"]);
  return url === undefined ? { kind: "none", url: "" } : { kind: "remote", url };
}

/** The address as a browser would read it, if it names one of these schemes itself. */
function absolute(written: string, schemes: readonly string[]): string | undefined {
  if (written.length > 8000 || !URL.canParse(written)) return undefined;
  const url = new URL(written);
  return schemes.includes(url.protocol) ? url.href : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray "%"
  }
}

const unescapeHtml = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
