/** The letters of a group and their words, as `group letters` has them. */
import { transact } from "../../db/sql.ts";
import { catalogues } from "../../language/language.ts";
import * as moderation from "../../moderation/moderation.ts";
import * as notices from "../../notices/notices.ts";
import type { Page } from "../house.ts";
import { doerOf, groupFor, NotHere, type Seen } from "../rights.ts";
import { BadRequest, pairsFrom } from "./answer.ts";

/** GET groups/:name/letters?language= */
export async function list(c: Page): Promise<Response> {
  const { group } = await groupFor(c, "settings");
  return tell(c, await notices.wordedNotices(c.var.house.pool, group.id, languageOf(c, group)));
}

/** GET groups/:name/letters/:letter?language= */
export async function one(c: Page): Promise<Response> {
  const { seen, notice, language } = await letterFor(c);
  return tell(c, await notices.wordedNotice(c.var.house.pool, seen.group.id, notice, language));
}

/** POST groups/:name/letters/:letter?language= : `{"subject": "…", "text": "…"}`, or `{}` for our words. */
export async function change(c: Page): Promise<Response> {
  const { seen, notice, language } = await letterFor(c);
  const { pool, clock } = c.var.house;
  const { subject, text, ...others } = await pairsFrom(c, '{"subject": "Welcome", "text": "Dear {name}, …"}');
  const other = Object.keys(others)[0];
  if (other !== undefined) throw new BadRequest(`A letter has no "${other}": send subject and text, or nothing.`);
  const isReset = subject === undefined && text === undefined;
  const wording = isReset ? null : notices.checkedFor(notice, { subject: subject ?? "", text: text ?? "" });
  const by = doerOf(seen, "api");
  await transact(pool, async (sql) => {
    await notices.keepWording(sql, { groupId: seen.group.id, name: notice.name, language }, wording, by.name, clock);
    await moderation.record(sql, moderation.letterWorded(seen.group.id, by, notice, wording !== null), clock);
  });
  return one(c);
}

async function letterFor(c: Page): Promise<{ seen: Seen; notice: notices.Notice; language: string }> {
  const seen = await groupFor(c, "settings");
  const notice = notices.noticeNamed(c.req.param("letter") ?? "");
  if (!notice) throw new NotHere();
  return { seen, notice, language: languageOf(c, seen.group) };
}

function languageOf(c: Page, group: { language: string }): string {
  const language = c.req.query("language") ?? group.language;
  if (!catalogues().has(language))
    throw new BadRequest(`There is no language "${language}": choose one of ${[...catalogues().keys()].join(", ")}.`);
  return language;
}

function tell(c: Page, value: object): Response {
  c.header("cache-control", "no-store");
  return c.json(value);
}
