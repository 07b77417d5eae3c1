/**
 * A post written on the web, as the mail it becomes: text, the same as HTML, pictures that stand in it, files beside it.
 *
 * The text is what was typed; Markdown reads well as it is. It says so of itself (`markup=markdown`, as MailMate does),
 * and the archive sets it accordingly. RFC 2045, 2046, 2183, 2231, 2387, 3676.
 */
import { headOf, type Letter, mailDate, multipart, textPart } from "./compose.ts";
import { base64Lines, encodePhrase } from "./encode.ts";
import { flowed } from "./flowed.ts";
import { markdownPage, type Picture } from "./markdown.ts";

export type FileToSend = { name: string; type: string; content: Buffer };

export type PostToWrite = Omit<Letter, "html" | "headers"> & {
  files: readonly FileToSend[];
  /** Markdown with lines of any length; else the text goes out as it was typed, line by line. */
  isMarkdown: boolean;
  /** Marked as important: a special notice. */
  isSpecial?: boolean;
  language: string;
};

/** The mail, with the trace (RFC 5321 4.4) beginning with us: the writer's own address stays out of what goes to everybody. */
export function composePost(post: PostToWrite): Buffer {
  const domain = post.messageId.slice(post.messageId.lastIndexOf("@") + 1);
  const id = post.messageId.slice(0, post.messageId.lastIndexOf("@"));
  const trace = Buffer.from(`Received: by ${domain} with HTTP id ${id}; ${mailDate(post.date)}\r\n`);
  const head = headOf({ ...post, ...(post.isSpecial && { headers: { Importance: "high", "X-Priority": "2" } }) });
  return Buffer.concat([trace, head, Buffer.from(content(post, id, domain))]);
}

function content(post: PostToWrite, id: string, domain: string): string {
  if (!post.isMarkdown) return withFiles(textPart("plain", post.text), post.files);
  const picturesOf = post.files
    .filter(({ name, type }) => PICTURE.test(type) && post.text.includes(cidOf(name)))
    .map((file, i) => ({ file, name: file.name, contentId: `${id}.${i}@${domain}` }));
  const page = markdownPage(post.text, picturesOf, post.language);
  const text = textPart("plain", flowed(asText(post.text)), "", "; format=flowed; markup=markdown");
  if (page === undefined) return withFiles(text, post.files);
  const both = multipart("alternative", [text, textPart("html", page)]);
  const inText = new Set(picturesOf.map(({ file }) => file));
  const whole =
    inText.size > 0 ? multipart("related", [both, ...picturesOf.map((one) => filePart(one.file, one))]) : both;
  return withFiles(
    whole,
    post.files.filter((file) => !inText.has(file)),
  );
}

const PICTURE = /^image\/(?:png|jpeg|gif|webp)$/;

/** How a picture that is sent along is written into the text. */
export const cidOf = (name: string): string => `(cid:${encodeURIComponent(name)})`;

/** In plain text a picture is its name. */
const asText = (text: string): string => text.replace(/!\[([^\]\n]{0,300})\]\(cid:([^)\s]{1,800})\)/g, "[$1]");

const withFiles = (part: string, files: readonly FileToSend[]): string =>
  files.length > 0 ? multipart("mixed", [part, ...files.map((file) => filePart(file))]) : part;

function filePart({ name, type, content: bytes }: FileToSend, inline?: Picture): string {
  // RFC 2046 5.1, 5.2: these may not be encoded
  const safe = /^(?!multipart\/|message\/)[a-z0-9][a-z0-9.+-]{0,60}\/[a-z0-9][a-z0-9.+-]{0,80}$/.test(type)
    ? type
    : "application/octet-stream";
  const header = [
    `Content-Type: ${safe};\r\n name="${encodePhrase(name)
      .replace(/^"|"$/g, "")
      .replace(/(?<=\?=) (?==\?)/g, "\r\n ")}"`,
    `Content-Disposition: ${inline ? "inline" : "attachment"};\r\n ${filenameParameter(name)}`,
    "Content-Transfer-Encoding: base64",
    ...(inline ? [`Content-ID: <${inline.contentId}>`] : []),
  ];
  return `${header.join("\r\n")}\r\n\r\n${base64Lines(bytes)}`;
}

/** RFC 2183 2.3, RFC 2231 3 and 4: in pieces where it is long, with its charset where it is not ASCII. */
export function filenameParameter(name: string): string {
  if (/^[\x20-\x7e]{1,60}$/.test(name)) return `filename="${name.replace(/["\\]/g, "\\$&")}"`;
  const letters = [...name].map((letter) => (/[\w.-]/.test(letter) && letter < "\x7f" ? letter : percent(letter)));
  const pieces: string[] = [];
  for (const letter of letters) {
    const last = pieces.at(-1);
    if (last === undefined || last.length + letter.length > 50) pieces.push(letter);
    else pieces[pieces.length - 1] = last + letter;
  }
  if (pieces.length === 1) return `filename*=utf-8''${pieces[0]}`;
  return pieces.map((piece, i) => `filename*${i}*=${i === 0 ? "utf-8''" : ""}${piece}`).join(";\r\n ");
}

const percent = (letter: string): string =>
  [...Buffer.from(letter)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");

/** A name that any system can keep a file under: no folders, controls, or tricks with direction; at most 120 characters. */
export function safeFileName(written: string): string {
  const last = written
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "")
    .split(/[/\\]/)
    .at(-1)!
    .replace(/[<>:"|?*]/g, "_")
    .replace(/^[.\s]+|[.\s]+$/g, "");
  if (last.length <= 120) return last || "file";
  const ending = /\.[A-Za-z0-9]{1,10}$/.exec(last)?.[0] ?? "";
  return `${[...last].slice(0, 110 - ending.length).join("")}${ending}`;
}
