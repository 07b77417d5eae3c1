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
  /** What goes for everybody who has no reply of their own. */
  refused: Reply | undefined;
  startedAt: number;
  dotIsOut: boolean;
  done: (result: SendResult) => void;
};

export const BLOCK = 256 * 1024;

/** A mail handed over; whom this far side cannot be asked for is answered already. */
export function newJob(mail: OutgoingMail, offered: Capabilities, done: Job["done"]): Job {
  const replies = mail.recipients.map((address) => unsendable(mail, address, offered));
  const asking: number[] = [];
  for (let i = 0; i < replies.length; i++) if (!replies[i]) asking.push(i);
  const refused = undefined;
  return { mail, replies, asking, asked: 0, accepted: [], refused, startedAt: 0, dotIsOut: false, done };
}

/** The same answer for everybody whom RCPT had accepted. */
export function answerAccepted(job: Job, reply: Reply): void {
  for (const index of job.accepted) job.replies[index] = reply;
}

/** Tells the caller, once; whoever has no reply of their own gets the mail's. */
export function settle(job: Job, tried: boolean): void {
  const none = finding("later", "4.5.0", "the far side gave no answer", "session");
  const recipients = job.mail.recipients.map((address, index) => ({
    address,
    reply: job.replies[index] ?? job.refused ?? none,
  }));
  job.done({ recipients, tried });
}

/** The text in pieces of at most 256 KB, each of which the far side has its time to take. */
export function inBlocks(parts: readonly Buffer[]): readonly Buffer[] {
  if (parts.every((part) => part.length <= BLOCK)) return parts;
  return parts.flatMap((part) =>
    Array.from({ length: Math.ceil(part.length / BLOCK) }, (_, i) => part.subarray(i * BLOCK, (i + 1) * BLOCK)),
  );
}
