/**
 * Letters about a member's own mail: whether it arrives, that it was stopped, that it goes out again.
 *
 * `backToken` is behind the one link in them: its page changes nothing until the button on it is pressed, and a reply to
 * the letter does the same. What the far side said stands in them word for word, as a quotation.
 */
import { en, t, tn, told } from "../language/language.ts";
import type { OfGroup, Writer } from "./compose.ts";
import { action, address, letterOf, lines, type Notice, sentence, words } from "./notice.ts";
import type { Letter } from "./notices.ts";

/** Why mail comes back: in our words (health.plainly, kept in English), and in the far side's. */
export type Trouble = { reason: string; said: string };

/** What previews show. */
const FULL = { reason: en`the mailbox is full`, said: "452 4.2.2 The mailbox of ana@far.test is full" };

export const ENQUIRY: Notice<"why" | "link"> = {
  name: "enquiry",
  title: en`Are you still there?`,
  when: en`Sent to a member whose mail came back on several days, before it is stopped.`,
  to: "members",
  values: {
    why: lines(en`what came back, and what the mail server there said`, () =>
      whyAsked("The Thursday readers", "ana@far.test", { ...FULL, days: 3 }),
    ),
    link: action(en`the page where the member says that mail arrives`, "/back/example"),
  },
  say: ({ group, why, link }) => ({
    subject: t`${group}: are you still there?`,
    labels: { [link]: t`Yes, my mail arrives` },
    text: `${why}

${t`If you can read this, nothing is lost. Tell us so: reply “yes”, or open this page:`}

${link}

${t`If this letter comes back too, we stop the group's mail to this address until you ask for it again. You stay a member in any case.`}
`,
  }),
};

export const enquiryLetter = (
  writer: Writer,
  to: OfGroup & { returned: { id: string; sender: string } },
  trouble: Trouble & { days: number },
  backToken: string,
): Letter =>
  letterOf(
    writer,
    ENQUIRY,
    to,
    () => ({ why: whyAsked(to.group.title, to.to, trouble), link: back(writer, backToken) }),
    {
      replyTo: replyTo(writer, backToken),
      returned: to.returned,
    },
  );

function whyAsked(title: string, to: string, { days, reason, said }: Trouble & { days: number }): string {
  if (days === 0) return t`We would like to know whether mail from ${title} still reaches you at ${to}.`;
  return `${tn(days, "Mail from {1} to {2} came back on {0} day.", "Mail from {1} to {2} came back on {0} days.", title, to)}
${t`It seems that ${told(reason)}.`}

${quoted(said)}`;
}

const PAUSED_VALUES = {
  address: address(en`the address whose mail is stopped`, "ana@far.test"),
  reason: sentence(en`why mail came back`, en`the mailbox is full`),
  said: lines(en`what the mail server there said`, () => quoted(FULL.said)),
  link: action(en`the page where mail begins again`, "/back/example"),
};

const pausedText = (first: string, { said, link, owners }: { said: string; link: string; owners: string }): string =>
  `${first}

${said}

${t`You are a member as before, and can read and write on the web. Once the address works, have your mail again: reply “back”, or open this page:`}

${link}

${t`Does the address exist no more? Write to the group's owners from another:`}
${owners}
`;

export const PAUSED: Notice<keyof typeof PAUSED_VALUES> = {
  name: "paused",
  title: en`Mail stopped`,
  when: en`Sent to another address of a member whose mail was stopped because it came back.`,
  to: "members",
  values: PAUSED_VALUES,
  say: ({ group, address, reason, ...rest }) => ({
    subject: t`Your mail from ${group} was stopped`,
    labels: { [rest.link]: t`Send me mail again` },
    text: pausedText(t`Mail from ${group} to ${address} was stopped, because it came back: ${reason}.`, rest),
  }),
};

export const STILL_PAUSED: Notice<keyof typeof PAUSED_VALUES | "last"> = {
  name: "still-paused",
  title: en`Mail still stopped`,
  when: en`Reminds a member whose mail was stopped, three times at most.`,
  to: "members",
  values: { ...PAUSED_VALUES, last: lines(en`says of the last reminder that it is the last`, () => lastWords()) },
  say: ({ group, address, reason, last, ...rest }) => ({
    subject: t`Your mail from ${group} is still stopped`,
    labels: { [rest.link]: t`Send me mail again` },
    text: `${pausedText(t`Mail from ${group} to ${address} is still stopped, because it came back: ${reason}.`, rest)}
${last}
`,
  }),
};

const lastWords = (): string => t`This is the last time we remind you. The link goes on working.`;

/** To another address of a member whose mail was stopped; `reminder` counts the letters before this one. */
export function pausedLetter(
  writer: Writer,
  to: OfGroup & { address: string },
  trouble: Trouble,
  backToken: string,
  reminder: number,
): Letter {
  const values = (): Record<keyof typeof PAUSED_VALUES, string> => ({
    address: to.address,
    reason: told(trouble.reason),
    said: quoted(trouble.said),
    link: back(writer, backToken),
  });
  const beside = { replyTo: replyTo(writer, backToken) };
  if (reminder === 0) return letterOf(writer, PAUSED, to, values, beside);
  const last = (): string => (reminder === 2 ? lastWords() : "");
  return letterOf(writer, STILL_PAUSED, to, () => ({ ...values(), last: last() }), beside);
}

export const COMPLAINT: Notice<"back" | "leave"> = {
  name: "complaint",
  title: en`Mail stopped after a complaint`,
  when: en`Sent to a member whose provider told us that they marked a mail of the group as spam.`,
  to: "members",
  values: {
    back: action(en`the page where mail begins again`, "/back/example"),
    leave: action(en`the page where the member leaves, and no one else`, "/leave/example"),
  },
  say: ({ group, back, leave }) => ({
    subject: t`We have stopped your mail from ${group}`,
    labels: { [back]: t`Send me mail again`, [leave]: t`Leave the group` },
    text: `${t`Your mail provider told us that you marked a mail from ${group} as spam. So we have stopped sending you its mail, and ask:`}

${t`Was it a slip? Have your mail again: reply “back”, or open this page:`}

${back}

${t`Have you had enough? Leave the group:`}

${leave}

${t`If you do neither, you stay a member and get no mail from it.`}
`,
  }),
};

/** To a member whose provider told us that they marked a mail of the group as spam. */
export const complaintLetter = (writer: Writer, to: OfGroup, backToken: string, leaveToken: string): Letter =>
  letterOf(
    writer,
    COMPLAINT,
    to,
    () => ({ back: back(writer, backToken), leave: `${writer.url}/leave/${leaveToken}` }),
    { replyTo: replyTo(writer, backToken) },
  );

export const WELCOME_BACK: Notice<"leave"> = {
  name: "welcome-back",
  title: en`Welcome back`,
  when: en`Sent to a member whose mail was stopped and goes out again.`,
  to: "members",
  values: { leave: action(en`the page where the member leaves, and no one else`, "/leave/example") },
  say: ({ group, receiver, archive, leave }) => ({
    subject: t`Welcome back to ${group}`,
    labels: { [archive]: t`Read what you missed`, [leave]: t`leave the group` },
    text: `${t`Your mail from ${group} goes out again, to ${receiver}.`}

${t`What was posted meanwhile is in the archive:`}

${archive}

${t`Should it be too much: ${leave}`}
`,
  }),
};

export const welcomeBackLetter = (writer: Writer, to: OfGroup, leaveToken: string): Letter =>
  letterOf(writer, WELCOME_BACK, to, () => ({ leave: `${writer.url}/leave/${leaveToken}` }));

export type NewlyPaused = { name: string; address: string; isComplaint: boolean; reason: string; said: string };

export const NEWLY_PAUSED: Notice<"summary" | "who" | "link"> = {
  name: "newly-paused",
  title: en`Whose mail was stopped`,
  when: en`Sent to the owners, once a day at most.`,
  to: "moderators",
  values: {
    summary: words(en`whose mail was stopped, in a few words`, en`mail to ana@far.test was stopped`),
    who: lines(en`the members with the reasons`, () =>
      pausedItem({ name: "Ana Ruiz", address: "ana@far.test", isComplaint: false, ...FULL }),
    ),
    link: action(en`the page of all whose mail is stopped`, "/g/readers/health"),
  },
  say: ({ group, summary, who, link }) => ({
    subject: t`${group}: ${summary}`,
    labels: { [link]: t`See who, and why` },
    text: `${t`The members named here stay in ${group}, and get no mail for now:`}

${who}

${t`We have told them where we could reach them. What you can do is here:`}

${link}
`,
  }),
};

/** To an owner, once a day at most: whose mail was stopped since the last. */
export const ownersLetter = (writer: Writer, to: OfGroup, paused: NewlyPaused[], more: number): Letter =>
  letterOf(writer, NEWLY_PAUSED, to, () => {
    const all = paused.length + more;
    const others = more > 0 ? [tn(more, "And {0} more.", "And {0} more.")] : [];
    return {
      summary:
        all === 1
          ? t`mail to ${paused[0]!.address} was stopped`
          : tn(all, "mail to {0} member was stopped", "mail to {0} members was stopped"),
      who: [...paused.map(pausedItem), ...others].join("\n\n"),
      link: `${writer.url}/g/${to.group.name}/health`,
    };
  });

const pausedItem = ({ name, address, isComplaint, reason, said }: NewlyPaused): string =>
  [
    `  ${name ? `${name}, ` : ""}${address}`,
    `  ${isComplaint ? t`marked a mail of the group as spam` : told(reason)}`,
    ...(said && !isComplaint ? [`  ${t`“${said.slice(0, 200)}”`}`] : []),
  ].join("\n");

const back = (writer: Writer, token: string): string => `${writer.url}/back/${token}`;
const replyTo = (writer: Writer, token: string): string => `back+${token}@${writer.domain}`;

/** The far side's words: foreign, so one line, bounded, and marked as a quotation. */
function quoted(said: string): string {
  const line = said.replace(/\s+/g, " ").trim().slice(0, 300).toWellFormed();
  const lines = line.match(/\S.{0,69}(?=\s|$)|\S{70}/gu) ?? [];
  return line === "" ? "" : `${t`The mail server there says:`}\n\n${lines.map((one) => `> ${one}`).join("\n")}`;
}
