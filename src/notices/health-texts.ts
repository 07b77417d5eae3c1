/**
 * Letters about a member's own mail: whether it arrives, that it was stopped, that it goes out again.
 *
 * `backToken` is behind the one link in them: its page changes nothing until the button on it is pressed, and a reply to
 * the letter does the same. What the far side said stands in them word for word, as a quotation.
 */
import { compose, type OfGroup, type Writer } from "./compose.ts";
import type { Letter } from "./notices.ts";

/** Why mail comes back: in our words (health.plainly), and in the far side's. */
export type Trouble = { reason: string; said: string };

export function enquiryLetter(
  writer: Writer,
  to: OfGroup & { returned: { id: string; sender: string } },
  trouble: Trouble & { days: number },
  backToken: string,
): Letter {
  const link = back(writer, backToken);
  return compose(writer, "enquiry", to, {
    subject: `${to.group.title}: are you still there?`,
    replyTo: replyTo(writer, backToken),
    returned: to.returned,
    labels: { [link]: "Yes, my mail arrives" },
    text: `${trouble.days > 0 ? `Mail from ${to.group.title} to ${to.to} came back on ${count(trouble.days, "day")}.\nIt seems that ${trouble.reason}.\n\n${quoted(trouble.said)}` : `We would like to know whether mail from ${to.group.title}\nstill reaches you at ${to.to}.\n\n`}If you can read this, nothing is lost. Tell us so: reply “yes”, or open this page:

${link}

If this letter comes back too, we stop the group's mail to this address
until you ask for it again. You stay a member in any case.
`,
  });
}

/** To another address of a member whose mail was stopped; `reminder` counts the letters before this one. */
export function pausedLetter(
  writer: Writer,
  to: OfGroup & { address: string },
  trouble: Trouble,
  backToken: string,
  reminder: number,
): Letter {
  const link = back(writer, backToken);
  const still = reminder > 0 ? "is still stopped" : "was stopped";
  return compose(writer, "paused", to, {
    subject: `Your mail from ${to.group.title} ${still}`,
    replyTo: replyTo(writer, backToken),
    labels: { [link]: "Send me mail again" },
    text: `Mail from ${to.group.title} to ${to.address}
${still}, because it came back: ${trouble.reason}.

${quoted(trouble.said)}You are a member as before, and can read and write on the web.
Once the address works, have your mail again: reply “back”, or open this page:

${link}

Does the address exist no more? Write to the group's owners from another:
${to.group.name}-owner@${writer.domain}
${reminder === 2 ? "\nThis is the last time we remind you. The link goes on working.\n" : ""}`,
  });
}

/** To a member whose provider told us that they marked a mail of the group as spam. */
export function complaintLetter(writer: Writer, to: OfGroup, backToken: string, leaveToken: string): Letter {
  const link = back(writer, backToken);
  const leave = `${writer.url}/leave/${leaveToken}`;
  return compose(writer, "complaint", to, {
    subject: `We have stopped your mail from ${to.group.title}`,
    replyTo: replyTo(writer, backToken),
    labels: { [link]: "Send me mail again", [leave]: "Leave the group" },
    text: `Your mail provider told us that you marked a mail
from ${to.group.title} as spam. So we have stopped sending you
its mail, and ask:

Was it a slip? Have your mail again: reply “back”, or open this page:

${link}

Have you had enough? Leave the group:

${leave}

If you do neither, you stay a member and get no mail from it.
`,
  });
}

export function welcomeBackLetter(writer: Writer, to: OfGroup, leaveToken: string): Letter {
  const archive = `${writer.url}/g/${to.group.name}`;
  const leave = `${writer.url}/leave/${leaveToken}`;
  return compose(writer, "welcome-back", to, {
    subject: `Welcome back to ${to.group.title}`,
    labels: { [archive]: "Read what you missed", [leave]: "leave the group" },
    text: `Your mail from ${to.group.title} goes out again, to ${to.to}.

What was posted meanwhile is in the archive:

${archive}

Should it be too much: ${leave}
`,
  });
}

export type NewlyPaused = { name: string; address: string; isComplaint: boolean; reason: string; said: string };

/** To an owner, once a day at most: whose mail was stopped since the last. */
export function ownersLetter(writer: Writer, to: OfGroup, paused: NewlyPaused[], more: number): Letter {
  const page = `${writer.url}/g/${to.group.name}/health`;
  const all = paused.length + more;
  return compose(writer, "newly-paused", to, {
    subject: `${to.group.title}: mail to ${all === 1 ? paused[0]!.address : count(all, "member")} was stopped`,
    labels: { [page]: "See who, and why" },
    text: `${all === 1 ? "This member stays" : "These members stay"} in ${to.group.title}, and ${all === 1 ? "gets" : "get"} no mail for now:

${paused.map(pausedItem).join("\n\n")}
${more > 0 ? `\nAnd ${more} more.\n` : ""}
We have told them where we could reach them. What you can do is here:

${page}
`,
  });
}

const pausedItem = ({ name, address, isComplaint, reason, said }: NewlyPaused): string =>
  [
    `  ${name ? `${name}, ` : ""}${address}`,
    `  ${isComplaint ? "marked a mail of the group as spam" : reason}`,
    ...(said && !isComplaint ? [`  “${said.slice(0, 200)}”`] : []),
  ].join("\n");

const back = (writer: Writer, token: string): string => `${writer.url}/back/${token}`;
const replyTo = (writer: Writer, token: string): string => `back+${token}@${writer.domain}`;
const count = (number: number, unit: string): string => `${number} ${unit}${number === 1 ? "" : "s"}`;

/** The far side's words: foreign, so one line, bounded, and marked as a quotation. */
function quoted(said: string): string {
  const line = said.replace(/\s+/g, " ").trim().slice(0, 300).toWellFormed();
  const lines = line.match(/\S.{0,69}(?=\s|$)|\S{70}/gu) ?? [];
  return line === "" ? "" : `The mail server there says:\n\n${lines.map((one) => `> ${one}`).join("\n")}\n\n`;
}
