/**
 * Recognising what came back: a mail to one of our return paths, or a report that carries one of our copies.
 *
 * Whose it is was sealed by us: into the return path the mail came to, or into the Return-Path and List-Unsubscribe of
 * the copy inside. What follows from it: attribute.ts.
 */
import { automaticKind } from "../mail/automatic.ts";
import { openLeave, openReturnPath } from "../mail/copy.ts";
import { type Returned, readReturned } from "../mail/returned/returned.ts";
import type { Errand, Opened } from "./recognise.ts";

/** Whose mail it is, as we sealed it. Post 0: a letter, or a seal that does not name the post. */
export type Path = { of: "membership" | "group" | "letter"; id: string; number: number };

/** A mail that came back, read; `inside` is the seal in the copy it carries. */
export type CameBack = { read: Returned; inside: Path | undefined };

const MOST_SEALS = 50;
const SEAL = /(?:bounce\+|leave[+/])[a-z2-7]{30,90}/gi;

/** Reads a mail that came to a return path, or looks like a report; undefined for any other. */
export function cameBack(opened: Opened, errands: readonly Errand[], secret: Buffer): CameBack | undefined {
  if (!errands.some((errand) => isReturnPath(errand) || (mayHearReports(errand) && isReport(opened)))) return undefined;
  const read = readReturned(opened.raw, opened.mail.sender);
  return { read, inside: sealInside(read, secret) };
}

export const isReturnPath = (errand: Errand): boolean => errand.kind === "token" && errand.use === "bounce";

/** Complaints come to abuse@ or postmaster@, to the owners, and to whatever address a program finds in a mail. */
const mayHearReports = ({ kind }: Errand): boolean => kind === "service" || kind === "owner" || kind === "post";

/** A machine's report about a mail of ours, wherever it was sent. What a person passes on is for people. */
export const isAboutOurs = (errand: Errand, back: CameBack | undefined): boolean =>
  back !== undefined &&
  mayHearReports(errand) &&
  (back.read.kind === "complaint" || (back.read.kind === "bounce" && back.inside !== undefined));

const isReport = ({ summary, mail }: Opened): boolean => automaticKind(summary.fields, mail.sender) === "bounce";

/** The first seal of ours in the copy's header, its return path before its way out. */
function sealInside(read: Returned, secret: Buffer): Path | undefined {
  const values = [read.complaint?.originalSender ?? "", ...read.copy.map((field) => field.value.slice(0, 4000))];
  const written = values.flatMap((value) => value.replace(/\s+/g, "").match(SEAL) ?? []).slice(0, MOST_SEALS);
  const paths = written.map((one) => openReturnPath(secret, one)).filter((path) => path !== undefined);
  if (paths[0]) return paths[0];
  const member = written.map((one) => openLeave(secret, one.replace(/^leave\//i, "leave+"))).find((id) => id);
  return member ? { of: "membership", id: member, number: 0 } : undefined;
}
