/** Files that come with a form: each is added whole to the draft that is kept, or the sentence says why not. */
import type { Group } from "../directory/directory.ts";
import * as drafts from "../drafts/drafts.ts";
import { newId } from "../kit/id.ts";
import { t } from "../language/language.ts";
import { refusedFile } from "../mail/attached.ts";
import { safeFileName } from "../mail/post.ts";
import type { House } from "./house.ts";
import type { Seen } from "./rights.ts";
import { sizeInWords } from "./views/figures.ts";
import { authorKeysOf, mostAttached } from "./writing.ts";

/** The largest mail taken, where nothing is set. */
const LARGEST_MAIL = 25 * 1024 * 1024;

/** Bytes of files that a post can carry: to this group, or to any. */
export function roomFor({ config }: Pick<House, "config">, group?: Pick<Group, "sizeMax" | "attachments">): number {
  if (group?.attachments === "refused") return 0;
  const most = config.sizeLimit ?? LARGEST_MAIL;
  return Math.max(0, mostAttached(group && group.sizeMax > 0 ? Math.min(most, group.sizeMax * 1024) : most));
}

/** The files of a form; a field that was left empty sends one without a name. */
export const filesIn = (typed: Record<string, unknown>): File[] =>
  [typed["file"]].flat().filter((one): one is File => one instanceof File && (one.name !== "" || one.size > 0));

/** Adds files to a saved draft; answers what could not be added, in a sentence each. */
export async function attach(house: House, seen: Seen, draftId: string, files: readonly File[]): Promise<string[]> {
  const { pool, clock } = house;
  const place = { groupId: seen.group.id, draftId };
  const problems: string[] = [];
  const { group } = seen;
  const most = roomFor(house, group);
  const present = await drafts.filesOf(pool, place);
  let used = present.reduce((sum, one) => sum + one.size, 0);
  let count = present.length;
  const kept = await drafts.keptBy(pool, await authorKeysOf(pool, seen.visitor!));
  let added = 0;
  for (const file of files) {
    const name = safeFileName(file.name);
    if (group.attachments === "refused") {
      problems.push(t`${group.title} takes nothing attached: send a link in its place.`);
    } else if (refusedFile(group.refusedFiles, [{ filename: name }]) !== undefined) {
      problems.push(
        t`${group.title} takes no files like “${name}”, as they may be programs: send a link in its place.`,
      );
    } else if (used + file.size > most) {
      problems.push(t`${name} was not added: all files of a post together may have ${sizeInWords(most)}.`);
    } else if (count >= drafts.MOST_FILES) {
      problems.push(t`${name} was not added: a post may have ${drafts.MOST_FILES} files.`);
    } else if (kept + added + file.size > drafts.MOST_KEPT) {
      problems.push(
        t`${name} was not added: your drafts keep as many files as they may. Throw away a draft you need no more.`,
      );
    } else if (file.size === 0) {
      problems.push(t`${name} was not added: it is empty.`);
    } else {
      const content = Buffer.from(await file.arrayBuffer());
      const type = typeOf(file.type);
      await drafts.addFile(pool, place, { id: newId(clock), name, type, size: content.length, content }, clock.now());
      used += content.length;
      added += content.length;
      count += 1;
    }
  }
  return problems;
}

/** What the browser takes it for, where that is a type at all. */
const typeOf = (said: string): string => {
  const type = said.split(";")[0]!.trim().toLowerCase();
  return /^[a-z0-9][a-z0-9.+-]{0,60}\/[a-z0-9][a-z0-9.+-]{0,80}$/.test(type) ? type : "application/octet-stream";
};
