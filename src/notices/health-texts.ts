/**
 * Letters about a member's own mail: whether it arrives, that it was stopped, that it goes out again.
 *
 * `backToken` is behind the one link in them: its page changes nothing until the button on it is pressed, and a reply to
 * the letter does the same. What the far side said stands in them word for word, as a quotation.
 */
import { t, tn, told } from "../language/language.ts";
import { compose, type OfGroup, type Writer } from "./compose.ts";
import type { Letter } from "./notices.ts";

/** Why mail comes back: in our words (health.plainly, kept in English), and in the far side's. */
export type Trouble = { reason: string; said: string };

export function enquiryLetter(
  writer: Writer,
  to: OfGroup & { returned: { id: string; sender: string } },
  trouble: Trouble & { days: number },
  backToken: string,
): Letter {
  const link = back(writer, backToken);
  const { title } = to.group;
  return compose(writer, "enquiry", to, () => ({
    subject: t`${title}: are you still there?`,
    replyTo: replyTo(writer, backToken),
    returned: to.returned,
    labels: { [link]: t`Yes, my mail arrives` },
    text: `${
      trouble.days > 0
        ? `${tn(trouble.days, "Mail from {1} to {2} came back on {0} day.", "Mail from {1} to {2} came back on {0} days.", title, to.to)}\n${t`It seems that ${told(trouble.reason)}.`}\n\n${quoted(trouble.said)}`
        : `${t`We would like to know whether mail from ${title} still reaches you at ${to.to}.`}\n\n`
    }${t`If you can read this, nothing is lost. Tell us so: reply “yes”, or open this page:`}

${link}

${t`If this letter comes back too, we stop the group's mail to this address until you ask for it again. You stay a member in any case.`}
`,
  }));
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
  const { title } = to.group;
  const isStill = reminder > 0;
  return compose(writer, "paused", to, () => ({
    subject: isStill ? t`Your mail from ${title} is still stopped` : t`Your mail from ${title} was stopped`,
    replyTo: replyTo(writer, backToken),
    labels: { [link]: t`Send me mail again` },
    text: `${
      isStill
        ? t`Mail from ${title} to ${to.address} is still stopped, because it came back: ${told(trouble.reason)}.`
        : t`Mail from ${title} to ${to.address} was stopped, because it came back: ${told(trouble.reason)}.`
    }

${quoted(trouble.said)}${t`You are a member as before, and can read and write on the web. Once the address works, have your mail again: reply “back”, or open this page:`}

${link}

${t`Does the address exist no more? Write to the group's owners from another:`}
${to.group.name}-owner@${writer.domain}
${reminder === 2 ? `\n${t`This is the last time we remind you. The link goes on working.`}\n` : ""}`,
  }));
}

/** To a member whose provider told us that they marked a mail of the group as spam. */
export function complaintLetter(writer: Writer, to: OfGroup, backToken: string, leaveToken: string): Letter {
  const link = back(writer, backToken);
  const leave = `${writer.url}/leave/${leaveToken}`;
  return compose(writer, "complaint", to, () => ({
    subject: t`We have stopped your mail from ${to.group.title}`,
    replyTo: replyTo(writer, backToken),
    labels: { [link]: t`Send me mail again`, [leave]: t`Leave the group` },
    text: `${t`Your mail provider told us that you marked a mail from ${to.group.title} as spam. So we have stopped sending you its mail, and ask:`}

${t`Was it a slip? Have your mail again: reply “back”, or open this page:`}

${link}

${t`Have you had enough? Leave the group:`}

${leave}

${t`If you do neither, you stay a member and get no mail from it.`}
`,
  }));
}

export function welcomeBackLetter(writer: Writer, to: OfGroup, leaveToken: string): Letter {
  const archive = `${writer.url}/g/${to.group.name}`;
  const leave = `${writer.url}/leave/${leaveToken}`;
  return compose(writer, "welcome-back", to, () => ({
    subject: t`Welcome back to ${to.group.title}`,
    labels: { [archive]: t`Read what you missed`, [leave]: t`leave the group` },
    text: `${t`Your mail from ${to.group.title} goes out again, to ${to.to}.`}

${t`What was posted meanwhile is in the archive:`}

${archive}

${t`Should it be too much: ${leave}`}
`,
  }));
}

export type NewlyPaused = { name: string; address: string; isComplaint: boolean; reason: string; said: string };

/** To an owner, once a day at most: whose mail was stopped since the last. */
export function ownersLetter(writer: Writer, to: OfGroup, paused: NewlyPaused[], more: number): Letter {
  const page = `${writer.url}/g/${to.group.name}/health`;
  const { title } = to.group;
  const all = paused.length + more;
  return compose(writer, "newly-paused", to, () => ({
    subject:
      all === 1
        ? t`${title}: mail to ${paused[0]!.address} was stopped`
        : tn(all, "{1}: mail to {0} member was stopped", "{1}: mail to {0} members was stopped", title),
    labels: { [page]: t`See who, and why` },
    text: `${
      all === 1
        ? t`This member stays in ${title}, and gets no mail for now:`
        : t`These members stay in ${title}, and get no mail for now:`
    }

${paused.map(pausedItem).join("\n\n")}
${more > 0 ? `\n${tn(more, "And {0} more.", "And {0} more.")}\n` : ""}
${t`We have told them where we could reach them. What you can do is here:`}

${page}
`,
  }));
}

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
  return line === "" ? "" : `${t`The mail server there says:`}\n\n${lines.map((one) => `> ${one}`).join("\n")}\n\n`;
}
