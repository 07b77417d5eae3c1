/** The settings of a group, one line each: settings.ts says what a line is. */
import { catalogues, en, t } from "../language/language.ts";
import { keepWords, keptMs } from "./keeping.ts";
import type { Choice, Setting } from "./settings.ts";

const none = (): string => "";

export const SETTINGS: readonly Setting[] = [
  {
    key: "title",
    section: "about",
    kind: "line",
    most: 200,
    label: () => t`Title`,
    help: () => t`As people call the group, and as it stands in lists and letters.`,
    against: (value) => (value.trim() === "" ? en`It needs some words.` : undefined),
  },
  {
    key: "description",
    section: "about",
    kind: "text",
    most: 4000,
    rows: 4,
    label: () => t`Description`,
    help: () => t`What the group is about, in a few sentences.`,
  },
  {
    key: "guidelines",
    section: "about",
    kind: "text",
    most: 10_000,
    rows: 8,
    label: () => t`Guidelines`,
    help: () => t`How members treat each other here. Everybody can read them before joining.`,
  },
  {
    key: "language",
    section: "about",
    kind: "choice",
    choices: () => [...catalogues()].map(([tag, { name }]): Choice => [tag, () => name, none]),
    label: () => t`Language`,
    help: () => t`What the group's letters are written in.`,
  },

  {
    key: "visibility",
    section: "joining",
    kind: "choice",
    label: () => t`Who sees the group`,
    choices: [
      ["public", () => t`Everybody, posts too`, () => t`also people who are not signed in, and search engines`],
      ["listed", () => t`Everybody, but not its posts`, () => t`it is in the list of groups with its description`],
      ["private", () => t`Who knows its address`, () => t`they see its description and how to join, not its posts`],
      ["secret", () => t`Members only`, () => t`to others it looks as if there were no such group`],
    ],
  },
  {
    key: "archive",
    kind: "choice",
    label: () => t`Who may read the archive`,
    choices: [
      ["public", () => t`Everybody`, none],
      ["members", () => t`Members only`, none],
    ],
  },
  {
    key: "joining",
    section: "joining",
    kind: "choice",
    label: () => t`Who may join`,
    choices: [
      ["open", () => t`Anybody who asks`, none],
      ["approval", () => t`Who a moderator lets in`, () => t`they ask, and may say why`],
      ["invitation", () => t`Who is invited`, none],
      ["closed", () => t`Nobody by themselves`, () => t`owners add members`],
    ],
  },
  {
    key: "joinQuestion",
    section: "joining",
    kind: "line",
    most: 300,
    label: () => t`A question to who asks to join`,
    help: () => t`Moderators see the answer. Empty for none.`,
  },
  {
    key: "inviting",
    section: "joining",
    kind: "choice",
    label: () => t`Who may invite others`,
    choices: [
      ["moderators", () => t`Who looks after members`, none],
      ["members", () => t`Every member`, none],
    ],
  },
  {
    key: "admits",
    section: "joining",
    kind: "choice",
    label: () => t`If it belongs to another group, who may join`,
    choices: [
      ["parent", () => t`Members of that group`, none],
      ["anybody", () => t`Others too`, none],
    ],
  },

  {
    key: "posting",
    section: "posts",
    kind: "choice",
    label: () => t`Who may post`,
    choices: [
      ["members", () => t`Members`, none],
      ["moderators", () => t`Moderators and owners`, () => t`a group for announcements`],
      ["everyone", () => t`Everybody`, () => t`also who is no member`],
    ],
  },
  {
    key: "others",
    section: "posts",
    kind: "choice",
    label: () => t`When others post to a group for announcements`,
    choices: [
      ["decline", () => t`It goes back to the author`, () => t`with the owners' address`],
      ["hold", () => t`It waits for a moderator`, none],
    ],
  },
  {
    key: "nonmembers",
    section: "posts",
    kind: "choice",
    label: () => t`Posts from people who are no members`,
    choices: [
      ["hold", () => t`Wait for a moderator`, () => t`the author is told so`],
      ["refuse", () => t`Go back to the author`, () => t`with a word on how to join`],
    ],
  },
  {
    key: "moderate",
    section: "posts",
    kind: "choice",
    label: () => t`Whose posts a moderator reads first`,
    choices: [
      ["nobody", () => t`Nobody's`, () => t`they go out at once`],
      ["newcomers", () => t`Newcomers'`, () => t`the first few of each author`],
      ["everyone", () => t`Everybody's`, () => t`but those of moderators, owners and trusted members`],
    ],
  },
  {
    key: "newcomers",
    section: "posts",
    kind: "number",
    from: 1,
    to: 100,
    isWhole: true,
    label: () => t`How many posts make a newcomer known`,
    help: () => t`So many approved posts, and the next ones go out at once.`,
  },
  {
    key: "slow",
    section: "posts",
    kind: "number",
    from: 0,
    to: 10_080,
    isWhole: true,
    label: () => t`Slow mode: minutes between two posts of one member`,
    help: () => t`An earlier one waits, and goes out by itself when its time has come. 0 for no slow mode.`,
  },
  {
    key: "spamHold",
    section: "posts",
    kind: "number",
    from: 0,
    to: 999,
    label: () => t`Spam score that has a post wait`,
    help: () => t`Where the service has a spam filter. 0 for never.`,
  },
  {
    key: "spamDecline",
    section: "posts",
    kind: "number",
    from: 0,
    to: 999,
    label: () => t`Spam score that turns a post away`,
    help: () => t`Where the service has a spam filter. 0 for never.`,
  },
  {
    key: "emergency",
    kind: "choice",
    label: () => t`Everything waits for a moderator`,
    choices: [
      ["off", () => t`no`, none],
      ["on", () => t`yes`, none],
    ],
  },

  {
    key: "tellsApproved",
    section: "posts",
    kind: "switch",
    label: () => t`An author hears when a post that waited has gone out`,
  },

  {
    key: "reply",
    section: "mail",
    kind: "choice",
    label: () => t`A plain reply goes to`,
    choices: [
      ["author", () => t`The author of the post`, none],
      ["group", () => t`The group`, none],
    ],
  },
  {
    key: "monthly",
    section: "mail",
    kind: "choice",
    label: () => t`Once a month, members get`,
    help: () => t`On the first days of the month. Each member can do without.`,
    choices: [
      ["nothing", () => t`Nothing`, none],
      ["guidelines", () => t`The guidelines`, () => t`where the group has any`],
      [
        "membership",
        () => t`A word on their membership`,
        () => t`how their mail comes, how to change it, and the guidelines`,
      ],
    ],
  },
  {
    key: "tag",
    section: "mail",
    kind: "line",
    most: 40,
    label: () => t`Word before the subject`,
    help: () => t`It stands in square brackets before each subject. Empty for none.`,
  },
  {
    key: "footer",
    section: "mail",
    kind: "text",
    most: 4000,
    rows: 4,
    label: () => t`Words below each post`,
    help: () => t`Plain text. Empty for none.`,
  },
  {
    key: "copies",
    section: "mail",
    kind: "choice",
    label: () => t`Copies`,
    choices: [
      ["personal", () => t`Each member's own`, () => t`with a link to leave that works by one press`],
      ["shared", () => t`The same for all`, () => t`less to send, and no link of one's own`],
    ],
  },
  {
    key: "dmarc",
    section: "mail",
    kind: "choice",
    label: () => t`The author's address in From`,
    choices: [
      [
        "rewrite-when-needed",
        () => t`Stays where it can`,
        () => t`it becomes the group's where the author's provider would have such mail refused`,
      ],
      ["always", () => t`Always becomes the group's`, none],
      ["untouched", () => t`Always stays`, () => t`some providers will refuse or file away such mail`],
    ],
  },
  {
    key: "authors",
    section: "mail",
    kind: "choice",
    label: () => t`Addresses of authors`,
    choices: [
      ["shown", () => t`Members see them`, none],
      [
        "hidden",
        () => t`Nobody sees them`,
        () => t`From is the group’s, and an answer to the author goes by an address of ours that leads to them`,
      ],
    ],
  },
  {
    key: "editing",
    section: "posts",
    kind: "number",
    from: 0,
    to: 10_080,
    isWhole: true,
    label: () => t`Minutes in which an author may edit a post`,
    help: () => t`0 for never. Nothing is sent again, and what it said before stays.`,
  },
  {
    key: "listing",
    section: "keeping",
    kind: "choice",
    label: () => t`Who sees the members that let themselves be seen`,
    choices: [
      ["nobody", () => t`Nobody`, none],
      ["moderators", () => t`Owners and moderators`, none],
      ["members", () => t`All members`, () => t`each member decides, and is not seen until then`],
    ],
  },
  {
    key: "erasure",
    section: "keeping",
    kind: "choice",
    label: () => t`Posts of a member who is erased`,
    choices: [
      ["anonymise", () => t`Stay without their author`, () => t`what others answered keeps its sense`],
      ["remove", () => t`Go with them`, none],
    ],
  },

  {
    key: "keep",
    section: "keeping",
    kind: "choice",
    label: () => t`Posts stay`,
    help: () =>
      t`A topic goes as a whole, once its newest post is older. Pinned topics stay. What is gone can't be brought back.`,
    others: keepWords,
    against: (value) =>
      keptMs(value) === undefined ? en`Give a time from 7d to 99y, such as 90d or 2y, or forever.` : undefined,
    choices: ["forever", "30d", "90d", "180d", "1y", "2y", "5y", "10y"].map(
      (one): Choice => [one, () => keepWords(one), none],
    ),
  },
  {
    key: "sizeMax",
    section: "keeping",
    kind: "number",
    isWhole: true,
    from: 0,
    to: 1_000_000,
    label: () => t`Largest post, in KB`,
    help: () => t`With everything attached, as it travels. 0 for as much as the service takes.`,
  },
  {
    key: "attachments",
    section: "keeping",
    kind: "choice",
    label: () => t`What is attached to a post`,
    choices: [
      ["sent", () => t`Goes to everybody with it`, none],
      ["linked", () => t`Stays in the archive`, () => t`members get a link to it, and smaller mails`],
      ["refused", () => t`Is not taken`, () => t`such a post goes back to its author`],
    ],
  },
  {
    key: "refusedFiles",
    section: "keeping",
    kind: "line",
    most: 1000,
    label: () => t`Files that are never taken`,
    help: () => t`Ends of names, between spaces. Mail with programs in it is refused nearly everywhere.`,
    against: (value) =>
      /^[\p{L}\p{N}_+-]{0,20}(?: +[\p{L}\p{N}_+-]{1,20})*$/u.test(value.trim())
        ? undefined
        : en`Give ends of names between spaces, such as ${"exe scr"}.`,
  },
  {
    key: "namedMax",
    section: "keeping",
    kind: "number",
    isWhole: true,
    from: 0,
    to: 1000,
    label: () => t`Most addresses in To and Cc`,
    help: () =>
      t`A post that names more goes back to its author: replies to all would go to strangers. 0 for any number.`,
  },

  { key: "weight", kind: "number", from: 0.1, to: 100, label: () => t`Share of a provider's time` },
];
