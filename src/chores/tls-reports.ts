/**
 * TLS reports (RFC 8460): each domain that asks for it is told how yesterday's connections to its hosts fared.
 *
 * Its TXT record is read first; then one transaction notes that it was told and plans the letter, so that a report goes
 * out once however often we are killed. A record that can't be read just now is read again an hour later.
 */
import { type Pool, type Sql, transact } from "../db/sql.ts";
import { type Clock, DAY } from "../kit/clock.ts";
import { codeOf } from "../kit/errors.ts";
import * as notices from "../notices/notices.ts";
import * as queue from "../queue/queue.ts";
import * as transport from "../transport/transport.ts";

export type Reporting = {
  pool: Pool;
  clock: Clock;
  /** Our own domain. */
  domain: string;
  dns: Pick<transport.Dns, "txt">;
};

const AT_ONCE = 20;
const MOST_AN_HOUR = 5000;
/** To one address in a day, whatever domains name it. */
const MOST_TO_ONE = 20;
/** Behind all posts. */
const CLASS = 2;

/** Answers how many reports were planned. */
export async function sendTlsReports(reporting: Reporting): Promise<number> {
  const { pool, clock } = reporting;
  const day = new Date(clock.now().getTime() - DAY).toISOString().slice(0, 10);
  const domains = await transport.unreported(pool, day, MOST_AN_HOUR);
  let sent = 0;
  for (let at = 0; at < domains.length; at += AT_ONCE) {
    const some = await Promise.all(domains.slice(at, at + AT_ONCE).map((domain) => tell(reporting, day, domain)));
    sent += some.reduce((sum, count) => sum + count, 0);
  }
  return sent;
}

async function tell({ pool, clock, domain: ourDomain, dns }: Reporting, day: string, domain: string): Promise<number> {
  const asked = await addressesOf(dns, domain);
  if (asked === "unknown") return 0;
  return transact(pool, async (sql) => {
    const recipients = await calm(sql, asked, clock);
    if (!(await transport.noteReport(sql, { day, domain, recipients }, clock.now()))) return 0;
    if (recipients.length === 0) return 0;
    const report = transport.tlsReport({ domain, day, ourDomain }, await transport.countsFor(sql, domain, day));
    const letters = recipients.map((recipient) => ({
      ...{ kind: "tls-report", groupId: null, sender: "", recipient },
      ...transport.reportMail(recipient, domain, ourDomain, report, clock.now()),
    }));
    const plans = await notices.write(sql, letters, clock);
    await queue.plan(
      sql,
      plans.map((plan) => ({ ...plan, class: CLASS })),
      clock,
    );
    return letters.length;
  });
}

async function addressesOf(dns: Reporting["dns"], domain: string): Promise<string[] | "unknown"> {
  try {
    return transport.reportAddresses(await dns.txt(`_smtp._tls.${domain}`));
  } catch (error) {
    return ["ENODATA", "ENOTFOUND"].includes(codeOf(error) ?? "") ? [] : "unknown";
  }
}

async function calm(sql: Sql, recipients: string[], clock: Clock): Promise<string[]> {
  const since = new Date(clock.now().getTime() - DAY);
  const counts = await Promise.all(recipients.map((one) => notices.sentTo(sql, "tls-report", one, since)));
  return recipients.filter((_, i) => counts[i]! < MOST_TO_ONE);
}
