import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { corpus, without } from "../../test/support/corpora.ts";
import { type Sense, senseOf } from "./sense.ts";

/** As in a transcript: "452 4.2.2 mailbox full". */
function senseOfLine(line: string): Sense {
  const [, code, status = "", text] = /^(\d{3})[ -](?:([245]\.\d{1,3}\.\d{1,3}) )?(.*)$/s.exec(line)!;
  return senseOf({ code: Number(code), status, text: text! });
}

const SAMPLES: Record<Sense, string[]> = {
  "no such user": [
    "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's email address",
    "550 5.2.1 The email account that you tried to reach is inactive. Learn more at https://support.google.com/mail/?p=DisabledUser",
    "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302). [AM5EUR02.prod.protection.outlook.com]",
    "550 5.4.1 Recipient address rejected: Access denied. [AM5EUR02FT019.eop-EUR02.prod.protection.outlook.com]",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    "552 1 Requested mail action aborted, mailbox not found",
    "554 30 Sorry, your message to x@yahoo.com cannot be delivered. This mailbox is disabled (554.30).",
    "550 Message was not accepted -- invalid mailbox. Local mailbox x@mail.ru is unavailable: user is terminated",
    "550 Requested action not taken: mailbox unavailable For explanation visit https://postmaster.gmx.net/en/case?c=r0601",
    "550 5.1.1 <x@free.fr>: Recipient address rejected: User unknown in virtual mailbox table",
    "550 5.1.1 Der Empfänger x ist unbekannt",
    "550 Unbekannter Benutzer",
    "550 5.1.1 Cette boite n'existe pas",
    "550 El usuario no existe en este servidor",
    "550 5.1.1 Utente sconosciuto",
    "550 Usuário não encontrado",
    "550 5.7.1 No such user! Нет такого пользователя",
    "550 Почтовый ящик не существует",
    "550 用户不存在",
    "550 User not found: x@163.com",
    "550 The recipient may contain a non-existent account, please check the recipient address.",
    "550 宛先のメールアドレスが存在しません",
    "550 존재하지 않는 사용자입니다",
    "550 Odbiorca nie istnieje",
    "551 User not local",
    "550 #5.1.0 Address rejected.",
  ],
  "mailbox full": [
    "452 4.2.2 The email account that you tried to reach is over quota. Please direct the recipient to",
    "452-4.2.2 The recipient's inbox is out of storage space. Please direct the recipient to",
    "552 5.2.2 The email account that you tried to reach is over quota and inactive.",
    "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException; Failed to process message due to a permanent exception",
    "452 4.1.1 Requested mail action aborted: mailbox full",
    "552 5.2.2 <x@icloud.com>: user is over quota",
    "450 4.2.2 <x@libero.it>: casella piena",
    "552 Mailbox limit exceeded for this email address",
    "550 5.2.2 Das Postfach ist voll",
    "552 5.2.2 La boîte du destinataire est pleine",
    "550 Buzón lleno",
    "550 Почтовый ящик переполнен",
    "552 5.2.2 收件人邮箱已满",
    "552 メールボックスの容量を超えています",
    "552 Quota exceeded or service disabled.",
    "422 4.2.2 The recipient's mailbox is over its storage limit",
  ],
  "slow down": [
    "421 4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP address. To protect our users from spam, mail sent from your IP address has been temporarily rate limited.",
    "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes",
    "421 4.7.0 [TS01] Messages from 192.0.2.1 temporarily deferred due to user complaints",
    "451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77719) [AM5EUR02.prod.protection.outlook.com]",
    "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation. For e-mail delivery information, see https://postmaster.live.com (S775)",
    "451 4.7.652 The mail server [192.0.2.1] has exceeded the maximum number of connections. (S3115)",
    "421 RP-001 The mail server IP connecting to Outlook.com has exceeded the rate limit allowed.",
    "421 4.3.2 Connection rate limit exceeded",
    "421 4.7.0 mx.far.test Error: too many connections from 192.0.2.1",
    "450 4.7.1 Error: too much mail from 192.0.2.1",
    "452 4.5.3 Error: too many recipients",
    "421 smtp.orange.fr Trop de connexions, veuillez verifier votre configuration. Too many connections, slow down. OFR004_104 [104]",
    "421-gmx.net (mxgmx117) Nemesis ESMTP Service not available 421 Too many connections",
    "450 Requested mail action not taken: mailbox unavailable Mail sending limit exceeded.",
    "550 Sender frequency limited.",
    "421 HL:ICC 192.0.2.1 163 smtp12",
    "451 MI:SFQ 163 smtp7",
    "421 4.7.0 Try again later, closing connection.",
    "452 Too many recipients received this hour",
    "421 Zu viele Verbindungen",
    "421 слишком много соединений с вашего адреса",
    "421 连接过多,发送频率受限",
    "421 同時接続数の制限を超えました",
    "421 4.7.0 [HM08] Message could not be delivered. Your mail from 192.0.2.1 was deferred: rate limit",
    "421 Service not available - too many concurrent SMTP connections",
    "450 4.7.1 policy: sending rate exceeded, slow down",
    "421 4.4.5 Too many concurrent SMTP connections from this IP address; please try again later.",
  ],
  blocked: [
    "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3150).",
    "550 SC-001 Mail rejected by Outlook.com for policy reasons.",
    "550 5.7.606 Access denied, banned sending IP [192.0.2.1]. To request removal from this list",
    "550 5.7.511 Access denied, banned sender[192.0.2.1].",
    "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is in Spamhaus's list",
    "421 4.7.0 [192.0.2.1 15] Our system has detected that this message is suspicious due to the very low reputation of the sending IP address.",
    "550 5.7.25 [192.0.2.1] The IP address sending this message does not have a PTR record setup",
    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1",
    "550-192.0.2.1 is listed at bl.spamcop.net",
    "554 IP=192.0.2.1 - None/bad reputation. Ask your postmaster for help or to contact tosa@rx.t-online.de for reset. (NOWL)",
    "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]",
    "554 5.7.1 <mx.here.test[192.0.2.1]>: Client host rejected: Access denied",
    "550 5.7.1 Ihre IP-Adresse ist gesperrt",
    "550 Ваш сервер находится в черном списке",
    "550 您的IP已被列入黑名单",
    "554 BL000010 comcast Blocked for spam",
    "550 5.7.1 送信元IPアドレスは拒否されました",
  ],
  greylisted: [
    "450 4.2.0 <x@far.test>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/far.test.html",
    "451 4.7.1 Greylisting in action, please come back in 00:05:00",
    "451 4.7.1 Greylisted, please try again in 300 seconds",
    "450 4.7.1 <x@far.test>: Recipient address rejected: Service is temporarily unavailable, please try again in 60 seconds",
    "451 4.7.1 Please try again later",
    "421 4.2.1 [GL01] Message from (192.0.2.1) temporarily deferred",
    "450 4.7.1 Graylisted",
  ],
  content: [
    "550 5.7.1 [192.0.2.1 12] Our system has detected that this message is likely unsolicited mail. To reduce the amount of spam sent to Gmail, this message has been blocked.",
    "552 5.7.0 This message was blocked because its content presents a potential security issue.",
    "552 5.3.4 Message size exceeds fixed limit",
    "552 5.2.3 Your message exceeded Google's message size limits",
    "554 5.7.1 Spam message rejected",
    "550 spam message rejected. Please visit http://help.mail.ru/notspam-support/id?c=abc or report details",
    "554 DT:SPM 163 smtp12, please see http://mail.163.com/help/help_spam_16.htm",
    "550 5.7.1 Message contains a virus",
    "550 5.6.0 Message is not RFC 5322 compliant",
    "550 Mail content denied.",
    "550 5.7.350 Remote server returned message detected as spam",
    "552 5.3.4 Die Nachricht ist zu groß",
    "554 5.7.1 Message rejected as spam by Content Filtering",
  ],
  policy: [
    "550 5.7.26 This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM.",
    "554 5.7.1 <x@far.test>: Relay access denied",
    "550 5.7.1 Unable to relay",
    "554 5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes",
    "550 5.7.1 Email rejected per DMARC policy for here.test",
    "530 5.7.0 Must issue a STARTTLS command first",
    "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required",
    "550 5.1.8 Sender address rejected: Domain not found",
    "550 SPF check failed",
  ],
  unavailable: [
    "421 4.3.0 Temporary System Problem. Try again later",
    "451 4.3.0 Mail server temporarily rejected message.",
    "452 4.3.1 Insufficient system storage",
    "421 4.3.2 Service not available, closing transmission channel",
    "451 4.3.0 Error: queue file write error",
    "451 Internal server error",
    "421 mx.far.test",
    "451 4.3.2 Временно недоступно",
    "450 系统繁忙",
    "432 4.3.2 STOREDRV; mailbox server is too busy",
  ],
  other: [
    "450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered.",
    "450-4.2.1 The user you are trying to contact is receiving mail too quickly.",
    "554 5.4.6 Too many hops",
    "550 5.0.0 No.",
    "503 5.5.1 bad sequence of commands",
  ],
};

for (const [sense, lines] of Object.entries(SAMPLES))
  test(`what big and small providers say for "${sense}" is understood`, () => {
    const wrong = lines.map((line) => [line, senseOfLine(line)]).filter(([, found]) => found !== sense);
    assert.deepEqual(wrong, []);
  });

test("our own findings are read by their status", () => {
  const own = (status: string, text: string): Sense => senseOf({ code: 0, status, text });
  assert.equal(own("4.4.1", "nobody answers at far.test"), "unavailable");
  assert.equal(own("4.4.2", "timed out waiting for the answer to MAIL"), "unavailable");
  assert.equal(own("5.1.2", "there is no such domain"), "no such user");
  assert.equal(own("5.1.10", "the domain takes no mail"), "no such user");
  assert.equal(own("5.3.4", "the mail is larger than the far side takes"), "content");
  assert.equal(own("4.7.10", "the far side offers no TLS, which its domain asks for"), "policy");
  assert.equal(own("", ""), "unavailable");
});

test("what a mail server puts in front of the words it was told says nothing", () => {
  const told = (text: string): Sense => senseOf({ code: 0, status: "", text });
  assert.equal(told("X-Outbound-Mail-Relay; Host or domain name not found"), "no such user");
  assert.equal(told("smtp; host mx.blocked.test[192.0.2.2] said: 550 not accepted here: user unknown"), "no such user");
  assert.equal(
    told("X-Postfix; host mx.far.test[192.0.2.2] refused to talk to me: 421 too many connections"),
    "slow down",
  );
  assert.equal(told("smtp; 550 5.4.316 Message expired, connection refused (Socket error code 10061)"), "unavailable");
  assert.equal(
    told("x-unix; the recipient's mailbox is full, or the message is larger than the system limit"),
    "mailbox full",
  );
});

test("addresses and links in the text say nothing", () => {
  assert.equal(senseOfLine("550 5.1.1 <blocked-spam@far.test>: user unknown"), "no such user");
  assert.equal(
    senseOfLine("550 5.1.1 no such user; see https://far.test/help/quota-exceeded#greylisted"),
    "no such user",
  );
});

test("a status inside the words counts as if it stood in front, and an IP address is none", () => {
  assert.equal(senseOf({ code: 550, status: "", text: "sorry (#5.2.2)" }), "mailbox full");
  assert.equal(senseOf({ code: 550, status: "", text: "sorry 5.2.2.2" }), "other");
  assert.equal(senseOf({ code: 0, status: "", text: "smtp; 550 5.1.1 sorry" }), "no such user");
});

test("hostile text is read in no time and always has a sense", () => {
  const began = process.cpuUsage().user;
  for (const piece of [
    "user ",
    "exceeded ",
    "ip host client ",
    "<@",
    "http://",
    "mailbox size limit ",
    "a",
    "邮箱",
    "\u0000",
  ])
    for (const code of [0, 421, 450, 550, 999]) {
      const sense = senseOf({ code, status: "", text: piece.repeat(200_000) });
      assert.ok(sense in SAMPLES);
    }
  assert.ok(process.cpuUsage().user - began < 5_000_000);
});

const REPLIES = "bounces/dev/smtp-replies.json";

/** The corpus's verdicts (sisimai's reasons, zone-mta's categories) in our words; two where the verdict could be both. */
const VERDICTS: Record<string, Sense[]> = {
  userunknown: ["no such user"],
  filtered: ["no such user", "content", "policy"],
  hasmoved: ["no such user"],
  hostunknown: ["no such user"],
  suspend: ["no such user"],
  mailboxfull: ["mailbox full"],
  blocked: ["blocked"],
  requireptr: ["blocked"],
  toomanyconn: ["slow down"],
  spamdetected: ["content"],
  contenterror: ["content"],
  exceedlimit: ["content"],
  authfailure: ["policy"],
  norelaying: ["policy"],
  securityerror: ["policy"],
  policyviolation: ["policy", "content"],
  rejected: ["policy"],
  expired: ["unavailable"],
  systemerror: ["unavailable"],
  systemfull: ["unavailable"],
  mailererror: ["unavailable"],
  networkerror: ["unavailable", "other"],
  syntaxerror: ["other"],
  delivered: ["other"],
  blacklist: ["blocked"],
  greylist: ["greylisted"],
  policy: ["policy"],
  network: ["no such user", "unavailable"],
  recipient: ["no such user", "policy"],
  other: ["slow down", "policy"],
};

test("real replies are understood as two other bounce readers understand them", { skip: without(REPLIES) }, (t) => {
  const replies: { text: string; reason?: string; category?: string }[] = JSON.parse(
    readFileSync(corpus(REPLIES)!, "utf8"),
  );
  const wrong = replies.filter((one) => !VERDICTS[one.reason ?? one.category!]!.includes(senseOfLine(one.text)));
  t.diagnostic(`${replies.length - wrong.length} of ${replies.length} right`);
  for (const one of wrong) t.diagnostic(`${one.reason ?? one.category}: ${senseOfLine(one.text)}: ${one.text}`);
  assert.ok(wrong.length <= replies.length * 0.03);
});
