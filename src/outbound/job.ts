/**
 * One mail on a connection: who is asked for, what was answered, and the telling of it.
 */
import { type Capabilities, type OutgoingMail, unsendable } from "./envelope.ts";
import { finding, type Reply } from "./reply.ts";

export type SendResult = {
  /** One for each recipient, in the mail's order. */
  recipients: { address: string; reply: Reply }[];
  /** Whether its turn came to be answered; when not, it may go over another connection as if nothing had been. */
  tried: boolean;
  /** We stopped in front of the dot, and the connection ended there: it says nothing about the far side. */
  isWithheld: boolean;
};

export type Job = {
  mail: OutgoingMail;
  /** By recipient, as far as known. */
  replies: (Reply | undefined)[];
  /** Indexes of the recipients we ask for; the others were answered by ourselves. */
  asking: number[];
  /** How many of these RCPT was said for. */
  asked: number;
  /** Indexes of those whom RCPT accepted. */
  accepted: number[];
  /** How many answers to RCPT named another of our recipients than the one they were for. */
  misnamed: number;
  /** What goes for everybody who has no reply of their own. */
  refused: Reply | undefined;
  startedAt: number;
  dotIsOut: boolean;
  /** It waits in front of its dot. */
  isWithheld: boolean;
  done: (result: SendResult) => void;
};

export const BLOCK = 256 * 1024;

/** A mail handed over; whom this far side cannot be asked for is answered already. */
export function newJob(mail: OutgoingMail, offered: Capabilities, done: Job["done"]): Job {
  const replies = mail.recipients.map((address) => unsendable(mail, address, offered));
  const asking: number[] = [];
  for (let i = 0; i < replies.length; i++) if (!replies[i]) asking.push(i);
  return {
    mail,
    replies,
    asking,
    asked: 0,
    accepted: [],
    misnamed: 0,
    refused: undefined,
    startedAt: 0,
    dotIsOut: false,
    isWithheld: false,
    done,
  };
}

/** Does an answer for the recipient at `index` speak of another of ours instead? Then whose it is is in doubt. */
export function namesAnother(job: Job, index: number, lines: readonly string[]): boolean {
  if (job.asking.length < 2 || !lines.some((line) => line.includes("@"))) return false;
  const text = ` ${lines.join(" ").slice(0, 2000).toLowerCase()} `;
  const isNamed = (one: number): boolean => {
    const address = job.mail.recipients[one]!.toLowerCase();
    for (let at = text.indexOf(address); at > 0; at = text.indexOf(address, at + 1))
      if (!inAddress.test(text[at - 1]!) && !inAddress.test(text[at + address.length]!)) return true;
    return false;
  };
  return !isNamed(index) && job.asking.some((one) => one !== index && isNamed(one));
}

const inAddress = /[\p{L}\p{N}._+-]/u;

/** The same answer for everybody whom RCPT had accepted. */
export function answerAccepted(job: Job, reply: Reply): void {
  // One bad address, or an answer that slipped by a place: refused for an address, a mail to several is refused for none.
  const isDoubtful = reply.kind === "never" && job.accepted.length > 1 && /^5\.[12]\./.test(reply.status);
  const answer: Reply = isDoubtful ? { ...reply, kind: "later", inDoubt: true } : reply;
  for (const index of job.accepted) job.replies[index] = answer;
}

/** Tells the caller, once; whoever has no reply of their own gets the mail's. */
export function settle(job: Job, tried: boolean): void {
  const none = finding("later", "4.5.0", "the far side gave no answer", "session");
  const recipients = job.mail.recipients.map((address, index) => ({
    address,
    reply: job.replies[index] ?? job.refused ?? none,
  }));
  job.done({ recipients, tried, isWithheld: job.isWithheld });
}

/** The text in pieces of at most 256 KB, each of which the far side has its time to take. */
export function inBlocks(parts: readonly Buffer[]): readonly Buffer[] {
  if (parts.every((part) => part.length <= BLOCK)) return parts;
  return parts.flatMap((part) =>
    Array.from({ length: Math.ceil(part.length / BLOCK) }, (_, i) => part.subarray(i * BLOCK, (i + 1) * BLOCK)),
  );
}
