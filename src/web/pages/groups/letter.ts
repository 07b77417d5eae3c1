/**
 * One letter of a group: its words, to be edited, seen as the receiver sees them, sent to oneself, and put back.
 *
 * Nothing is lost: a wording that is refused comes back as typed with a sentence, and every version that was saved is in
 * the history. The preview is a frame that the form is posted into, so it needs no script.
 */
import { html } from "hono/html";
import { transact } from "../../../db/sql.ts";
import { HOUR } from "../../../kit/clock.ts";
import { Refusal } from "../../../kit/errors.ts";
import { t, told } from "../../../language/language.ts";
import { readMail } from "../../../mail/read.ts";
import * as moderation from "../../../moderation/moderation.ts";
import * as notices from "../../../notices/notices.ts";
import * as queue from "../../../queue/queue.ts";
import type { Page } from "../../house.ts";
import { doerOf, groupFor, NotHere, type Seen } from "../../rights.ts";
import { field, textOf } from "../../views/forms.ts";
import { answer, type Html, nothing } from "../../views/layout.ts";
import { languageChoice, languageOf, valuesView } from "../../views/letters.ts";
import { timeInWords } from "../../views/time.ts";
import { readerOf } from "../../visitors.ts";

/** Tests one can have sent to oneself in an hour. */
const TESTS = 10;

type Letter = { seen: Seen; notice: notices.Notice; language: string; form: Record<string, unknown> };

/** GET /g/:name/letters/:letter?language=de&version=N */
export async function edit(c: Page): Promise<Response> {
  const letter = await letterFor(c);
  const versions = await versionsOf(c, letter);
  const asked = c.req.query("version") ?? "";
  const version = asked === "" ? versions[0] : versions.find((one) => String(one.number) === asked);
  if (asked !== "" && !version) throw new NotHere();
  const wording = version?.wording ?? notices.defaultWording(letter.notice, letter.language);
  const said = c.req.query("saved") === "1" ? t`Saved.` : "";
  return show(c, letter, wording, { said, isOld: asked !== "" });
}

/** POST /g/:name/letters/:letter: `do` is `save`, `test` or `reset`. */
export async function change(c: Page): Promise<Response> {
  const letter = await letterFor(c);
  const { seen, notice, language, form } = letter;
  const { pool, clock } = c.var.house;
  const what = textOf(form, "do");
  const typed = { subject: textOf(form, "subject"), text: textOf(form, "text") };
  let wording: notices.Wording | null = null;
  if (what !== "reset") {
    try {
      wording = notices.checkedFor(notice, typed);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return show(c, letter, typed, { problem: told(error.message) });
    }
  }
  if (what === "test") return show(c, letter, typed, { said: await sendTest(c, letter, wording!) });
  const ours = notices.defaultWording(notice, language);
  if (wording && wording.subject === ours.subject && wording.text === ours.text) wording = null;
  const by = doerOf(seen);
  await transact(pool, async (sql) => {
    await notices.keepWording(sql, { groupId: seen.group.id, name: notice.name, language }, wording, by.name, clock);
    await moderation.record(sql, moderation.letterWorded(seen.group.id, by, notice, wording !== null), clock);
  });
  const query = new URLSearchParams({ ...(language === seen.group.language ? {} : { language }), saved: "1" });
  return c.redirect(`/g/${seen.group.name}/letters/${notice.name}?${query}`, 303);
}

/** GET and POST /g/:name/letters/:letter/preview: `as` is `text`, `light`, `dark` or `narrow`. */
export async function preview(c: Page): Promise<Response> {
  const letter = await letterFor(c);
  const { notice, language, form } = letter;
  const typed = { subject: textOf(form, "subject"), text: textOf(form, "text") };
  const isTyped = c.req.method === "POST";
  const [newest] = isTyped ? [] : await versionsOf(c, letter);
  const as = c.req.query("as") ?? "light";
  let shown: string;
  try {
    const wording = isTyped ? notices.checkedFor(notice, typed) : (newest?.wording ?? undefined);
    shown = sampleOf(c, letter, wording, as);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    shown = await String(
      html`<!doctype html><html lang="${language}"><head><meta charset="utf-8"><title>${t`Preview`}</title><style>${SCHEMES["light"]!}body{font:16px/1.5 sans-serif;padding:16px}</style></head><body><p role="alert">${told(error.message)}</p></body></html>`,
    );
  }
  c.header(
    "content-security-policy",
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'; base-uri 'none'; form-action 'none'",
  );
  c.header("x-frame-options", "SAMEORIGIN");
  c.header("referrer-policy", "no-referrer");
  return c.html(shown);
}

const SCHEMES: Record<string, string> = {
  light: ":root{color-scheme:light}body{background:#fbfaf7!important;color:#1d1c1a!important}",
  dark: ":root{color-scheme:dark}body{background:#171615!important;color:#e9e6df!important}",
  narrow: "html{max-width:320px;border-inline-end:1px solid #8a857a}",
};

/** The letter as its receiver has it, its light or dark side chosen rather than the browser's. */
function sampleOf(c: Page, letter: Letter, wording: notices.Wording | undefined, as: string): string {
  const { recipient, raw } = letterTo(c, letter, "", wording);
  const sample = readMail(raw);
  if (as !== "text") {
    const style = `<style>${SCHEMES["light"]}${SCHEMES[as] ?? ""}</style></head>`;
    return sample.html!.replace("</head>", () => style);
  }
  return String(
    html`<!doctype html><html lang="${letter.language}"><head><meta charset="utf-8"><title>${sample.subject}</title><style>${SCHEMES["light"]!}body{margin:16px;font:14px/1.5 monospace}pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit}</style></head><body><pre dir="auto">${t`From`}: ${sample.from?.name} &lt;${sample.from?.address}&gt;
${t`To`}: ${recipient}
${t`Subject`}: ${sample.subject}

${sample.text}</pre></body></html>`,
  );
}

/** With the visitor as its receiver. */
function letterTo(
  c: Page,
  { seen, notice, language }: Letter,
  mark: string,
  wording?: notices.Wording,
): notices.Letter {
  const { config, clock } = c.var.house;
  const { visitor, group, membership } = seen;
  const to = membership?.address ?? visitor!.address;
  const occasion = { to, name: membership?.name || visitor!.name, group: { ...group, language } };
  const writer = { domain: config.domain, url: config.url, clock };
  return { ...notices.sampleLetter(writer, notice, occasion, wording, mark), kind: "letter-test" };
}

async function sendTest(c: Page, letter: Letter, wording: notices.Wording): Promise<string> {
  const { pool, clock } = c.var.house;
  const sample = letterTo(c, letter, t`Test`, wording);
  const since = new Date(clock.now().getTime() - HOUR);
  if ((await notices.sentTo(pool, "letter-test", sample.recipient, since)) >= TESTS)
    return t`You have had ${TESTS} tests within the hour: look at the preview, or send the next one later.`;
  await transact(pool, async (sql) => queue.plan(sql, await notices.write(sql, [sample], clock), clock));
  return t`A test is on its way to ${sample.recipient}. Nothing is saved yet.`;
}

async function letterFor(c: Page): Promise<Letter> {
  const seen = await groupFor(c, "settings");
  const notice = notices.noticeNamed(c.req.param("letter") ?? "");
  if (!notice) throw new NotHere();
  const form: Record<string, unknown> = c.req.method === "POST" ? await c.req.parseBody() : {};
  const asked = c.req.method === "POST" ? textOf(form, "language") : c.req.query("language");
  return { seen, notice, language: languageOf(c, seen.group, asked), form };
}

const versionsOf = (c: Page, { seen, notice, language }: Letter): Promise<notices.Version[]> =>
  notices.versions(c.var.house.pool, { groupId: seen.group.id, name: notice.name, language });

type Told = { said?: string; problem?: string; isOld?: boolean };

async function show(
  c: Page,
  letter: Letter,
  typed: notices.Wording,
  { said, problem, isOld }: Told,
): Promise<Response> {
  const { seen, notice, language } = letter;
  const { group } = seen;
  const at = `/g/${group.name}/letters/${notice.name}`;
  const versions = await versionsOf(c, letter);
  if (problem) c.status(400);
  const query = `?language=${language}`;
  const view = (as: string, label: string): Html =>
    html`<button class="button bare" formaction="${at}/preview?as=${as}" formtarget="preview" formnovalidate>${label}</button>`;
  const content = html`<p class="small"><a href="/g/${group.name}/letters${language === group.language ? "" : query}">${t`All letters`}</a></p>
<h1 class="page-title">${told(notice.title)}</h1><p class="lead">${told(notice.when)}</p>
${languageChoice(at, language, group)}
${said ? html`<p class="notice" role="status">${said}</p>` : nothing}
${isOld ? html`<p class="notice" role="status">${t`This is an earlier version. Save it to use it again.`}</p>` : nothing}
<form method="post" action="${at}" class="form letters-form"><input type="hidden" name="language" value="${language}">
${problem ? html`<p class="field-problem" role="alert">${problem}</p>` : ""}
${field({ name: "subject", label: t`Subject`, value: typed.subject, isRequired: true, maxLength: 200, autocomplete: "off" })}
${field({ name: "text", label: t`Text`, value: typed.text, rows: 16, maxLength: 10_000, help: t`Plain text. A blank line begins a paragraph; an address of the web on a line of its own becomes a button or a link.` })}
<details class="letters-names"${problem ? html` open` : ""}><summary>${t`Names that stand for values`}</summary>${valuesView(notice)}</details>
<p class="actions"><button class="button" name="do" value="save">${t`Save`}</button> <button class="button quiet" name="do" value="test">${t`Send a test to me`}</button></p>
<div class="letters-preview" role="group" aria-label="${t`Preview`}"><p class="actions"><b>${t`Preview`}</b> ${view("light", t`Light`)}${view("dark", t`Dark`)}${view("narrow", t`Narrow`)}${view("text", t`Text`)}</p>
<iframe class="as-sent-frame letters-frame" name="preview" src="${at}/preview${query}" title="${t`The letter as its receiver sees it`}" sandbox></iframe></div></form>
${historyView(c, letter, versions, at)}`;
  return answer(c, { title: t`Letters of ${group.title}`, group, isPrivate: true }, content);
}

function historyView(c: Page, { language }: Letter, versions: notices.Version[], at: string): Html {
  if (versions.length === 0) return nothing;
  const reader = readerOf(c);
  return html`<h2 class="list-head">${t`History`}</h2>
<ol class="way">${versions.map((one) => html`<li class="event"><p>${one.wording ? html`<a href="${at}?language=${language}&version=${one.number}"><bdi>${one.wording.subject}</bdi></a>` : html`<b>${t`back to our words`}</b>`} <span class="event-why">${t`by ${one.writtenBy}`}</span></p><p class="step-time">${timeInWords(one.writtenAt, reader)}</p></li>`)}</ol>
${versions[0]!.wording ? html`<form method="post" action="${at}"><input type="hidden" name="language" value="${language}"><p class="actions"><button class="button quiet" name="do" value="reset">${t`Go back to our words`}</button></p></form>` : nothing}`;
}
