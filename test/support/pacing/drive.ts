/**
 * Drives senders against a pretend provider in virtual time: opens connections, sends mail after mail from an endless
 * backlog, puts back what was refused. What a sender may do, and what it makes of an answer, is its own affair.
 */
import { SECOND } from "../../../src/kit/clock.ts";
import type { Allowance } from "../../../src/outbound/pace.ts";
import { finding, judge, type Reply } from "../../../src/outbound/reply.ts";
import type { Answer, Provider } from "./providers.ts";
import { Timeline } from "./timeline.ts";

export type Sender = {
  allowance(now: number): Allowance;
  began(now: number): void;
  heard(reply: Reply, now: number): void;
  /** How long a refused mail waits. */
  pauseAfter(reply: Reply, attempts: number): number;
};

/** Counts of each ten seconds. */
export const BUCKET = 10 * SECOND;
export type Course = { taken: number[]; refused: number[]; mostOpen: number };

type Mail = { id: number; attempts: number };
type Line = { mails: number };

export function drive(provider: Provider, newSender: () => Sender, untilMs: number): Course {
  const time = new Timeline();
  const buckets = Math.ceil(untilMs / BUCKET);
  const course: Course = { taken: Array(buckets).fill(0), refused: Array(buckets).fill(0), mostOpen: 0 };
  let lastId = 0;
  const again: Mail[] = [];
  // An index instead of shift(), which moves a hundred thousand mails for each.
  let begun = 0;
  const nextMail = (): Mail => (begun < again.length ? again[begun++]! : { id: ++lastId, attempts: 0 });
  const note = (which: "taken" | "refused"): void => {
    const bucket = Math.floor(time.now / BUCKET);
    if (bucket < buckets) course[which][bucket]! += 1;
  };

  for (const source of provider.sources ?? ["192.0.2.1"]) {
    const sender = newSender();
    const idle: Line[] = [];
    let open = 0;
    let busy = 0;
    let wakeAt = Number.POSITIVE_INFINITY;

    const work = (): void => {
      for (;;) {
        const may = sender.allowance(time.now);
        while (open > may.connections && idle.pop()) open -= 1;
        if (busy >= may.connections) return;
        if (may.nextMailAt > time.now) {
          if (may.nextMailAt < wakeAt) {
            wakeAt = may.nextMailAt;
            time.plan(may.nextMailAt - time.now, () => {
              if (wakeAt !== may.nextMailAt) return;
              wakeAt = Number.POSITIVE_INFINITY;
              work();
            });
          }
          return;
        }
        const mail = nextMail();
        busy += 1;
        sender.began(time.now);
        const line = idle.pop();
        if (line) send(line, mail);
        else enter(mail);
      }
    };

    const enter = (mail: Mail): void => {
      open += 1;
      course.mostOpen = Math.max(course.mostOpen, open);
      const answer = provider.greets({ now: time.now, source, open });
      time.plan(answer.afterMs, () => {
        if (answer.line.startsWith("2")) send({ mails: 0 }, mail);
        else {
          open -= 1;
          settle(mail, answer);
        }
      });
    };

    const send = (line: Line, mail: Mail): void => {
      const answer = provider.takes({ now: time.now, source, open, mail: mail.id });
      time.plan(answer.afterMs, () => {
        line.mails += 1;
        const may = sender.allowance(time.now);
        if (answer.hangsUp || line.mails >= may.mailsPerConnection || open > may.connections) open -= 1;
        else idle.push(line);
        settle(mail, answer);
      });
    };

    const settle = (mail: Mail, answer: Answer): void => {
      busy -= 1;
      const reply = replyOf(answer);
      sender.heard(reply, time.now);
      note(reply.kind === "sent" ? "taken" : "refused");
      if (reply.kind !== "sent") {
        const attempts = mail.attempts + 1;
        time.plan(sender.pauseAfter(reply, attempts), () => {
          again.push({ id: mail.id, attempts });
          work();
        });
      }
      work();
    };

    time.plan(0, work);
  }
  time.runUntil(untilMs);
  return course;
}

function replyOf({ stage, line }: Answer): Reply {
  if (line === "") return finding("later", "4.4.1", "timed out", "site");
  return judge(stage, Number(line.slice(0, 3)), [line.slice(4)]);
}
