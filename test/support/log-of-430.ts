/** A post to 430 members with every outcome there is, as outbound would have logged it. */
import type { Pool } from "../../src/db/sql.ts";
import * as directory from "../../src/directory/directory.ts";
import type { Clock } from "../../src/kit/clock.ts";
import { DAY, MINUTE } from "../../src/kit/clock.ts";
import { newId } from "../../src/kit/id.ts";
import * as queue from "../../src/queue/queue.ts";
import { fileMails } from "./browser.ts";

const DOMAINS = ["gmail.test", "outlook.test", "gmx.test", "yahoo.test", "uni.test"];
const FIRST = [
  "Ana",
  "Ben",
  "Cleo",
  "Dan",
  "Eva",
  "Fay",
  "Gus",
  "Hana",
  "Ivo",
  "José Luis",
  "Zoë",
  "李小龙",
  "فاطمة",
  "Bartholomew",
];
const LAST = [
  "Lima",
  "Okafor",
  "Müller-Lüdenscheidt",
  "Sørensen",
  "Garcia y Vega",
  "Ito",
  "Smith",
  "van der Heijden-Oosterhuis",
];

export type Log430 = { groupId: string; postId: string; members: directory.Membership[] };

/** Files one post in the group and logs its delivery to 430 new members; a further one, mode none, is left out. */
export async function logOf430(pool: Pool, groupId: string, clock: Clock): Promise<Log430> {
  const names = Array.from({ length: 430 }, (_, i) => `${FIRST[i % FIRST.length]} ${LAST[i % LAST.length]}`);
  const wanted = names.map((name, i) => ({
    name,
    address: `member.${i}@${i === 7 ? "eva-and-dan.test" : DOMAINS[i % DOMAINS.length]}`,
  }));
  await directory.addMembers(
    pool,
    groupId,
    [...wanted, { address: "quiet@gmail.test", name: "Quiet Reader" }],
    "test",
    clock,
  );
  const quiet = await directory.membershipOf(pool, groupId, "quiet@gmail.test");
  await directory.changeMembership(pool, quiet!.id, { mode: "none" }, "test", clock.now());
  const joined = new Date(clock.now().getTime() - 30 * DAY);
  await pool`update memberships set joined_at = ${joined} where group_id = ${groupId}`;
  await pool`update membership_events set at = ${joined} where group_id = ${groupId}`;
  const raw = `From: Ana Lima <ana@far.test>\r\nSubject: Minutes of the annual meeting\r\nMessage-ID: <minutes@far.test>\r\nDate: Sun, 1 Mar 2026 09:00:00 +0000\r\n\r\nHere they are.\r\n`;
  const [number] = await fileMails(pool, groupId, [Buffer.from(raw)], clock);
  const [post] = await pool<{ id: string }[]>`
    update posts set source = 'mail' where group_id = ${groupId} and number = ${number!} returning id`;
  const everybody = await directory.members(pool, groupId);
  const members = wanted.map((one) => everybody.find((member) => member.address === one.address)!);
  const byDomain = Map.groupBy(members, (one) => one.address.split("@")[1]!);
  await queue.plan(
    pool,
    [
      {
        carries: "post",
        itemId: post!.id,
        groupId,
        class: queue.POSTS,
        size: raw.length,
        recipients: [...byDomain].map(([domain, some]) => ({ domain, ids: some.map((one) => one.id) })),
      },
    ],
    clock,
  );
  const settled = members.map((one, i) => ({ one, said: saidTo(i) })).filter((row) => row.said.kind !== "untried");
  const deliveries = await pool<
    { id: string; recipients: string[] }[]
  >`select id, recipients from deliveries where item_id = ${post!.id}`;
  const deliveryOf = new Map(deliveries.flatMap((row) => row.recipients.map((id) => [id, row.id] as const)));
  const rows = settled.flatMap(({ one, said }, i) => {
    const domain = one.address.split("@")[1]!;
    const over =
      said.code === 0
        ? { host: "", source: "", tls: "" }
        : {
            host: `mx${(i % 3) + 1}.${domain}`,
            source: "192.0.2.10",
            tls: domain === "gmx.test" ? "" : "TLSv1.3 TLS_AES_256_GCM_SHA384",
          };
    const row = {
      id: newId(clock),
      at: new Date(clock.now().getTime() - 10 * MINUTE + i * 700),
      deliveryId: deliveryOf.get(one.id)!,
      itemId: post!.id,
      groupId,
      provider: domain,
      ...over,
      kind: said.kind as queue.Settlement["kind"],
      recipients: [one.id],
      code: said.code,
      status: said.status,
      reply: said.reply,
    };
    const earlier = {
      ...row,
      id: newId(clock),
      at: new Date(row.at.getTime() - 5 * MINUTE),
      kind: "later" as const,
      code: 451,
      status: "4.7.1",
      reply: "Greylisted, please try again in 300 seconds",
    };
    return said.isSecond ? [earlier, row] : [row];
  });
  await queue.log(pool, rows);
  const over = rows.filter((row) => row.kind !== "later").map((row) => row.recipients[0]!);
  await pool`
    update deliveries set recipients = array(select r from unnest(recipients) r where not r = any(${over}::uuid[])),
      due_at = ${new Date(clock.now().getTime() + 31 * MINUTE)}, attempts = 1, problem = '452 4.2.2 mailbox full'
    where item_id = ${post!.id}`;
  await pool`delete from deliveries where recipients = '{}'`;
  return { groupId, postId: post!.id, members };
}

type Said = {
  kind: "sent" | "later" | "never" | "untried";
  code: number;
  status: string;
  reply: string;
  isSecond?: boolean;
};

function saidTo(i: number): Said {
  if (i === 3)
    return {
      kind: "never",
      code: 550,
      status: "5.1.1",
      reply:
        "The email account that you tried to reach does not exist. Please try double-checking the recipient's email address for typos or unnecessary spaces. \u202egpj.exe https://support.test/mail/?p=NoSuchUser a640c23a62f3a-a3ff2b2b8fcsi1234567a12.345 - gsmtp",
    };
  if (i === 11) return { kind: "never", code: 0, status: "", reply: "left before it was sent" };
  if (i === 19)
    return { kind: "later", code: 0, status: "", reply: "no answer from any of its mail servers within 30 seconds" };
  if (i % 31 === 1)
    return { kind: "later", code: 452, status: "4.2.2", reply: "The recipient's inbox is out of storage space" };
  if (i % 53 === 2)
    return { kind: "never", code: 554, status: "5.7.1", reply: '=HYPERLINK("http://evil.test") <b>blocked</b>' };
  if (i > 420) return { kind: "untried", code: 0, status: "", reply: "" };
  return {
    kind: "sent",
    code: 250,
    status: "2.0.0",
    reply: `OK  1709287${100 + i} queued as 4F${i}A${i * 7}`,
    isSecond: i % 17 === 0,
  };
}
