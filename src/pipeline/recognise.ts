/** First stage: opens a mail and says what each of its addresses is for. */

import type { Group } from "../directory/directory.ts";
import { unpack } from "../kit/zstd.ts";
import { parseAddress } from "../mail/address.ts";
import { purposeOf, type TokenUse, type Verb } from "../mail/purpose.ts";
import { type Summary, summarise } from "../mail/summary.ts";
import type { TakenMail } from "../queue/queue.ts";

/** No mail opens to more than this, whatever its frames claim. */
const LARGEST = 256 * 1024 * 1024;

export type Opened = { mail: TakenMail; raw: Buffer; summary: Summary };

export async function open(mail: TakenMail): Promise<Opened> {
  const raw = await unpack(mail.raw, mail.size, LARGEST);
  return { mail, raw, summary: summarise(raw, mail.receivedAt) };
}

/** What one recipient of a mail asks for. */
export type Errand =
  | { kind: "post"; recipient: string; group: Group }
  | { kind: "command"; recipient: string; group: Group; verb: Verb }
  | { kind: "owner"; recipient: string; group: Group }
  | { kind: "token"; recipient: string; use: TokenUse; token: string }
  | { kind: "service"; recipient: string; name: string }
  | { kind: "unknown"; recipient: string };

/** The group names that these mails speak of: looked up once for a batch. */
export function groupNames(mails: readonly TakenMail[]): string[] {
  const names = mails.flatMap((mail) => mail.recipients.map((recipient) => purposeOf(localPart(recipient))));
  return [...new Set(names.flatMap((purpose) => ("group" in purpose ? [purpose.group] : [])))];
}

/** One errand an address; the same group written twice (`readers`, `readers+x`) is one errand. */
export function errandsOf(mail: TakenMail, groups: ReadonlyMap<string, Group>): Errand[] {
  const errands = new Map<string, Errand>();
  for (const recipient of mail.recipients) {
    const errand = errandOf(recipient, groups);
    const key = errand.kind === "post" ? `post ${errand.group.id}` : `${errand.kind} ${recipient.toLowerCase()}`;
    if (!errands.has(key)) errands.set(key, errand);
  }
  return [...errands.values()];
}

function errandOf(recipient: string, groups: ReadonlyMap<string, Group>): Errand {
  const purpose = purposeOf(localPart(recipient));
  if (purpose.kind === "service") return { kind: "service", recipient, name: purpose.name };
  if (purpose.kind === "token") return { kind: "token", recipient, use: purpose.use, token: purpose.token };
  const group = groups.get(purpose.group);
  if (!group) return { kind: "unknown", recipient };
  if (purpose.kind === "command") return { kind: "command", recipient, group, verb: purpose.verb };
  return { kind: purpose.kind, recipient, group };
}

/** `postmaster` alone is an address too (RFC 5321 4.5.1). */
const localPart = (recipient: string): string => parseAddress(recipient)?.local ?? recipient.split("@")[0]!;
