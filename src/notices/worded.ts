/** Letters with the words they have in a group, as the commands and the API tell of them. */
import type { Sql } from "../db/sql.ts";
import { NOTICES } from "./all.ts";
import { defaultWording, type Notice, neededOf, valuesOf } from "./notice.ts";
import { checkedWording, type Wording } from "./wording.ts";
import { newestVersions, type Version } from "./wordings.ts";

export type WordedNotice = Wording & {
  name: string;
  title: string;
  when: string;
  to: string;
  language: string;
  /** Whether the words are the group's own, and since when. */
  isOwn: boolean;
  writtenAt: Date | null;
  writtenBy: string;
  values: { name: string; means: string; needed: boolean }[];
};

export async function wordedNotices(sql: Sql, groupId: string, language: string): Promise<WordedNotice[]> {
  const versions = await newestVersions(sql, groupId);
  return NOTICES.map((notice) => wordedAs(notice, language, versions));
}

export async function wordedNotice(sql: Sql, groupId: string, notice: Notice, language: string): Promise<WordedNotice> {
  return wordedAs(notice, language, await newestVersions(sql, groupId));
}

/** The wording as it may be kept for this letter, or a refusal in a sentence. */
export const checkedFor = (notice: Notice, wording: Wording): Wording =>
  checkedWording(
    wording,
    valuesOf(notice).map(([name]) => name),
    neededOf(notice),
  );

function wordedAs(notice: Notice, language: string, versions: Version[]): WordedNotice {
  const own = versions.find((one) => one.name === notice.name && one.language === language && one.wording);
  const needed = neededOf(notice);
  return {
    name: notice.name,
    title: notice.title,
    when: notice.when,
    to: notice.to,
    language,
    isOwn: own !== undefined,
    writtenAt: own?.writtenAt ?? null,
    writtenBy: own?.writtenBy ?? "",
    ...(own?.wording ?? defaultWording(notice, language)),
    values: valuesOf(notice).map(([name, { means }]) => ({ name, means, needed: needed.includes(name) })),
  };
}
