/** A trace as lines for a person: one stage a line, oldest first. */
import { clean, counted, print, span, stamp } from "./terminal.ts";
import type { Trace, TracedMail, TracedPost } from "./trace.ts";
import { printAnswer, printRecipient } from "./trace-recipients.ts";

export function printTrace(trace: Trace, now: Date): void {
  for (const mail of trace.mails) printMail(mail, now);
  for (const post of trace.posts) printPost(post, now);
}

function printMail(mail: TracedMail, now: Date): void {
  print(`${stamp(mail.receivedAt)}  received from ${clean(mail.sender) || "<>"} as ${mail.id}`);
  for (const { at, recipient, outcome, detail } of mail.outcomes)
    print(`${stamp(at)}  ${clean(`${recipient}: ${outcome}${detail && ` (${detail})`}`)}`);
  if (mail.waiting === null) return;
  const { recipients, attempts, dueAt, problem } = mail.waiting;
  const why = problem === "" ? "" : `: ${problem}`;
  const tried = attempts > 0 ? `, tried ${counted(attempts, "time")}, next at ${stamp(dueAt)}` : "";
  const where = {
    waiting: `waits in our queue for ${span(now.getTime() - mail.receivedAt.getTime())} now${tried}`,
    taken: "is being filed just now",
    held: "is held for a moderator: smartgroups queue approve or decline",
    unreadable: "is set aside as unreadable: smartgroups queue unreadable",
  }[mail.state === "filed" ? "waiting" : mail.state];
  print(clean(`now: for ${recipients.join(", ")} it ${where}${why}`));
}

function printPost(post: TracedPost, now: Date): void {
  const how = post.source === "mail" ? "archived" : post.source === "web" ? "written on the web" : "imported";
  print(clean(`${stamp(post.receivedAt)}  ${how} in ${post.group} as number ${post.number}: ${post.subject}`));
  if (post.progress === null) {
    if (post.source !== "import") print("no deliveries were planned for it");
    for (const one of post.answers ?? []) printAnswer(one, now);
    return;
  }
  const { planned, sent, givenUp, again, plannedAt, lastAt, waiting } = post.progress;
  print(`${stamp(plannedAt)}  ${counted(planned, "delivery", "deliveries")} planned`);
  for (const one of post.attempts.toReversed()) {
    const said = `${one.code} ${one.status} ${one.reply}`.trim();
    print(
      clean(
        `${stamp(one.at)}  ${one.kind} for ${counted(one.recipients, "recipient")} at ${one.host || one.provider}: ${said}`,
      ),
    );
  }
  print(
    `now: ${sent} of ${planned} have it${givenUp > 0 ? `, ${givenUp} given up` : ""}${again > 0 ? `, ${again} came a second time` : ""}, last ${stamp(lastAt)}`,
  );
  for (const { provider, state, recipients, slow, nextDue, attempts, problem } of waiting) {
    const due = nextDue.getTime() - now.getTime();
    const when =
      state === "held"
        ? "held by the operator"
        : due > 0
          ? `next try in ${span(due)}`
          : slow > 0
            ? `${slow} with a worker that is slow`
            : "due now";
    print(
      clean(
        `  ${counted(recipients, "recipient")} at ${provider}: ${when}, tried ${attempts}, ${problem || "no trouble"}`,
      ),
    );
  }
  for (const one of post.recipients ?? []) printRecipient(one, now);
  for (const one of post.answers ?? []) printAnswer(one, now);
}
