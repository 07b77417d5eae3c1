/** Common kinds of groups, as data: a set of settings each, which an owner can change afterwards. */
import { Refusal } from "../kit/errors.ts";
import { en, t } from "../language/language.ts";
import type { Setting } from "./settings.ts";

export type Template = {
  name: string;
  title: () => string;
  about: () => string;
  settings: Partial<Record<Setting["key"], string>>;
};

export const TEMPLATES: readonly Template[] = [
  {
    name: "club",
    title: () => t`A club or circle`,
    about: () =>
      t`People who know each other talk among themselves: answers go to all, and what is posted is for members.`,
    settings: { visibility: "private", joining: "approval", reply: "group", nonmembers: "hold", attachments: "linked" },
  },
  {
    name: "team",
    title: () => t`A team`,
    about: () => t`A few people who work together: owners add them, answers go to all, and files come along.`,
    settings: { visibility: "private", joining: "invitation", reply: "group", nonmembers: "hold", attachments: "sent" },
  },
  {
    name: "announcements",
    title: () => t`Announcements`,
    about: () => t`A few write and many read: only moderators post, anybody may join, and answers go to the author.`,
    settings: {
      ...{ visibility: "public", joining: "open", posting: "moderators", others: "decline", reply: "author" },
      attachments: "linked",
    },
  },
  {
    name: "open-source",
    title: () => t`An open-source project`,
    about: () => t`Everybody may read and write: patches stay as they are, and a newcomer's first post is looked at.`,
    settings: {
      ...{ visibility: "public", joining: "open", posting: "everyone", moderate: "newcomers", newcomers: "1" },
      ...{ reply: "author", dmarc: "rewrite-when-needed", footer: "", tag: "", sizeMax: "1000", attachments: "sent" },
    },
  },
  {
    name: "neighbourhood",
    title: () => t`A neighbourhood`,
    about: () =>
      t`People who live near each other: newcomers' first posts are looked at, and posts go after two years.`,
    settings: {
      ...{ visibility: "listed", joining: "approval", moderate: "newcomers", newcomers: "2", reply: "author" },
      ...{ nonmembers: "hold", attachments: "linked", keep: "2y" },
    },
  },
];

export function templateNamed(name: string): Template {
  const found = TEMPLATES.find((one) => one.name === name);
  if (found) return found;
  throw new Refusal(
    en`There is no template "${name.slice(0, 60)}": choose one of ${TEMPLATES.map((one) => one.name).join(", ")}.`,
  );
}
