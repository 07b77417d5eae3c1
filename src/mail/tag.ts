/**
 * The group's tag in a subject: "Re: [readers] Chapter two".
 *
 * Put once, behind the marks of an answer, and only when it stands nowhere in the subject yet. The author's bytes stay
 * as they are around it, unless the mark of the answer lies inside an encoded word.
 */
import { encodeText, fold, newField, oneLine } from "./encode.ts";
import type { HeaderField } from "./header.ts";
import { decodeWords } from "./words.ts";

const ANSWERS = /^(?:(?:re|aw|antw|sv|vs|odp|res|ref|rif)(?:\[\d{1,4}\]|\(\d{1,4}\))?[ \t]{0,3}:[ \t]{0,3}){1,10}/i;
const WIDTH = 78;

/** The Subject with the tag in it; the same field where it has the tag already. `subject` is undefined where there is none. */
export function tagSubject(subject: HeaderField | undefined, tag: string): HeaderField {
  const label = oneLine(tag);
  const shown = oneLine(decodeWords(subject?.value ?? ""));
  if (subject && (label === "" || shown.toLowerCase().includes(label.toLowerCase()))) return subject;
  if (!subject || shown === "") return newField("Subject", fold(encodeText(label), 9));
  const colon = subject.raw.indexOf(":");
  const [before, after] = atFirstText(subject.raw.toString("latin1", colon + 1));
  const answer = ANSWERS.exec(after)?.[0] ?? "";
  if (answer === "" && ANSWERS.test(shown)) {
    const mark = ANSWERS.exec(shown)![0].trim();
    const rest = shown.slice(ANSWERS.exec(shown)![0].length);
    return newField("Subject", fold(encodeText(`${mark} ${label} ${rest}`), 9));
  }
  return inserted(
    subject,
    before,
    answer.trimEnd(),
    encodedLabel(label, after.slice(answer.length)),
    after.slice(answer.length),
  );
}

function inserted(subject: HeaderField, before: string, answer: string, label: string, rest: string): HeaderField {
  const colon = subject.raw.indexOf(":");
  const start = `${subject.raw.toString("latin1", 0, colon)}:${before || " "}${answer === "" ? "" : `${answer} `}`;
  const lineLength = start.length - (start.lastIndexOf("\n") + 1) + label.length + 1 + rest.search(/\r?\n|$/);
  const gap = lineLength > WIDTH ? "\r\n " : " ";
  const raw = Buffer.concat([Buffer.from(start, "latin1"), Buffer.from(`${label}${gap}`), Buffer.from(rest, "latin1")]);
  const value = `${answer} ${label} ${subject.value.slice(answer.length).trimStart()}`.trim();
  return { name: "subject", raw, value };
}

/** White space (with folds) before the text, and the text. */
function atFirstText(value: string): [string, string] {
  const start = /^(?:[ \t]|\r?\n[ \t])*/.exec(value)![0].length;
  return [value.slice(0, start), value.slice(start)];
}

/** Between two encoded words the space is not shown (RFC 2047 6.2): it goes into ours. */
function encodedLabel(label: string, next: string): string {
  const encoded = encodeText(label);
  return encoded !== label && next.startsWith("=?") ? encodeText(`${label} `) : encoded;
}
