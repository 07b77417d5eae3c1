/**
 * The trace field we put before a mail (RFC 5321 4.4): who handed it to us, over what, under which id, when.
 *
 * Everything a stranger chose is reduced to harmless characters, so no one can write a field of their own through us.
 */
import type { Envelope } from "./doors.ts";

export function receivedField(trace: { id: string; envelope: Envelope; hostname: string; time: Date }): string {
  const { id, envelope, hostname, time } = trace;
  const { client, recipients } = envelope;
  const from = `${plain(client.helo)} (${client.name ? `${plain(client.name)} ` : ""}${literal(client.address)})`;
  const tls = client.tls ? `\r\n\t(${plain(client.tls)})` : "";
  // More than one recipient stays unnamed: RFC 5321 7.2, blind copies.
  const to = recipients.length === 1 ? `\r\n\tfor <${recipients[0]}>` : "";
  return (
    `Received: from ${from}\r\n` +
    `\tby ${hostname} (Smartgroups) with ${client.protocol}\r\n\tid ${id}${tls}${to};\r\n\t${mailDate(time)}\r\n`
  );
}

/** RFC 5322 3.3, in UTC. */
export const mailDate = (time: Date): string => time.toUTCString().replace("GMT", "+0000");

const plain = (text: string): string => text.replace(/[^\w.:[\] -]/g, "?");

const literal = (address: string): string => (address.includes(":") ? `[IPv6:${address}]` : `[${address}]`);
