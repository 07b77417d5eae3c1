/** Notices as other systems word them, and answers that look alike: shortened, with names of our own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readReturned } from "./returned.ts";

const COPY = `
Received: from groups.test (groups.test [192.0.2.1]) by mx.far.test; Sun, 1 Mar 2026 10:00:00 +0000
From: Dan <dan@near.test>
To: readers@groups.test
Subject: Chapter two
Message-ID: <two@near.test>

hi, write to nobody@else.test
`;

const mail = (from: string, subject: string, text: string, more = ""): string =>
  `Return-Path: <>
From: ${from}
To: bounce+tok@groups.test
Subject: ${subject}
${more}
${text}`;

/** Name, mail, who was not reached; nobody for what is no bounce. */
const FORMATS: [name: string, mail: string, recipients: string[]][] = [
  [
    "james",
    mail(
      "postmaster@far.test",
      "Re:Chapter two",
      "Hi. This is the James mail server at far.test.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.  Below\nI include the list of recipients and the reason why I was unable to deliver\nyour message.\n\nFailed recipient(s):\nana@far.test\n\nError message:\n550 5.1.1 user unknown\n" +
        "\n\nMessage details:\n  Subject: Chapter two\n  MAIL FROM: dan@near.test\n",
    ),
    ["ana@far.test"],
  ],
  [
    "james2",
    mail(
      "postmaster@far.test",
      "Re:Chapter two",
      "Error message below:\n550 - Requested action not taken: no such user here\n\nMessage details:\n  Subject: Chapter two\n  Sent date: Sun\n  MAIL FROM: dan@near.test\n  RCPT TO: ana@far.test\n  From: Dan <dan@near.test>\n  To: Readers <readers@groups.test>\n  Size (in bytes): 1234\n",
    ),
    ["ana@far.test"],
  ],
  [
    "kddi",
    mail(
      "no-reply@kddi.test",
      "Could not send your mail",
      `Your mail sent on: Sun, 1 Mar 2026 10:00:00 attached hereto\nCould not be delivered to: <ana@far.test>\nAs their mailbox is full.\n\n${COPY}`,
    ),
    ["ana@far.test"],
  ],
  [
    "interscan",
    mail(
      '"InterScan" <postmaster@far.test>',
      "Mail could not be delivered",
      `******** Message from InterScan Messaging Security Suite ********\n\nSent <<< RCPT TO:<ana@far.test>\nReceived >>> 550 5.1.1 unknown user\n\nUnable to deliver message to <ana@far.test>.\n\n************************     End of message     **********************\n${COPY}`,
    ),
    ["ana@far.test"],
  ],
  [
    "yale",
    mail(
      "Mail Delivery Subsystem <mailer-daemon@far.test>",
      "Returned mail: Chapter two",
      'Message not delivered to the following:\n\n    ana.lima                     No matches to nameserver query\n\n  Error Detail (phquery V4.4):\n\n The message, "Chapter two", sent to\n ana.lima@far.test, was not delivered due to the following\n reasons.\n',
    ),
    ["ana.lima@far.test"],
  ],
  [
    "exchange55",
    mail(
      "System Administrator <postmaster@far.test>",
      "Undeliverable: Chapter two",
      "Your message\n\n  To:      readers@groups.test\n  Subject: Chapter two\n  Sent:    Sun, 1 Mar 2026 10:00:00\n\ndid not reach the following recipient(s):\n\nana@far.test on Sun, 1 Mar 2026 10:00:01\n    The recipient name is not recognized\n\tThe MTS-ID of the original message is: c=us;a= ;p=far;l=X\n    MSEXCH:IMS:Far:SITE:HOST 0 (000C05A6) Unknown Recipient\nben@far.test on Sun, 1 Mar 2026 10:00:01\n    Mailbox full\n",
    ),
    ["ana@far.test", "ben@far.test"],
  ],
  [
    "groupwise",
    mail(
      "Mailer-Daemon@far.test",
      "Message status - undeliverable",
      `The message that you sent was undeliverable to the following:\n\tana@far.test (user not found)\n\nPossibly truncated original message follows:\n${COPY}`,
    ),
    ["ana@far.test"],
  ],
  [
    "gmail-new",
    mail(
      "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
      "Delivery Status Notification (Failure)",
      "** Address not found **\n\nYour message wasn't delivered to ana@far.test because the address couldn't be found, or is unable to receive mail.\n\nThe response was:\n\n550 5.1.1 The email account that you tried to reach does not exist.\n",
      "X-Failed-Recipients: ana@far.test",
    ),
    ["ana@far.test"],
  ],
  [
    "o365 text",
    mail(
      "postmaster@far.test",
      "Undeliverable: Chapter two",
      `Delivery has failed to these recipients or groups:\n\nana@far.test<mailto:ana@far.test>\nYour message couldn't be delivered. The person isn't known.\n\nDiagnostic information for administrators:\n\nGenerating server: X.far.test\n\nana@far.test\nRemote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'\n\nOriginal message headers:\n${COPY}`,
    ),
    ["ana@far.test"],
  ],
  [
    "notes",
    mail(
      "Mail Router <postmaster@far.test>",
      "DELIVERY FAILURE: User ana not listed in Domino Directory",
      `------- Failure Reasons  --------\n\nUser not listed in public Name & Address Book\nana@far.test\n\n------- Returned Message --------\n${COPY}`,
    ),
    ["ana@far.test"],
  ],
  [
    "kerio",
    mail(
      "MAILER-DAEMON@far.test",
      "Failed mail: Chapter two",
      "Your message was not delivered to one or more recipients.\n\nRecipient: ana@far.test\nReason: Mailbox does not exist: 550 5.1.1 unknown\n",
    ),
    ["ana@far.test"],
  ],
  [
    "mailenable",
    mail(
      "POSTMASTER@far.test",
      "Message Delivery Failure",
      `MailEnable: Message Delivery Failure.\n\nThe following recipient(s) could not be reached:\n\n\tRecipient: [SMTP:ana@far.test]\n\tReason: Remote SMTP Server Returned: 550 No such user\n\nMessage headers follow:\n${COPY}`,
    ),
    ["ana@far.test"],
  ],
  [
    "german",
    mail(
      "MAILER-DAEMON@far.test",
      "Unzustellbar: Kapitel zwei",
      "Ihre Nachricht konnte an folgende Empfänger nicht zugestellt werden:\n\n  ana@far.test\n\nGrund: Postfach voll\n",
    ),
    ["ana@far.test"],
  ],
  [
    "french",
    mail(
      "postmaster@far.test",
      "Echec de remise : Chapitre deux",
      "Votre message n'a pas pu etre remis aux destinataires suivants :\n\nana@far.test : adresse inconnue\n",
    ),
    ["ana@far.test"],
  ],
  [
    "chinese",
    mail(
      "PostMaster@qq.test",
      "=?utf-8?B?6YCA5L+h?=",
      "很抱歉您的邮件被退回来了。\n原邮件信息：\n收件人：ana@far.test\n\n退信原因：\n收件人邮件地址不存在，邮件无法送达。\nhost mx.far.test said: 550 Mailbox not found\n",
      "Content-Type: text/plain; charset=utf-8",
    ),
    ["ana@far.test"],
  ],
  [
    "korean",
    mail(
      "mailer-daemon@naver.test",
      "=?utf-8?B?66mU7J287J20IOuwmOyGoeuQmOyXiOyKteuLiOuLpA==?=",
      "메일 전송에 실패하였습니다.\n받는 사람: ana@far.test\n실패 이유: 없는 사용자입니다.\n",
      "Content-Type: text/plain; charset=utf-8",
    ),
    ["ana@far.test"],
  ],
  [
    "russian",
    mail(
      "mailer-daemon@far.test",
      "=?utf-8?B?0J3QtdC00L7RgdGC0LDQstC70LXQvdC90L7QtSDRgdC+0L7QsdGJ0LXQvdC40LU=?=",
      "Это письмо создано автоматически. Ваше письмо не может быть доставлено получателям:\n\n  ana@far.test\n    пользователь не найден\n",
      "Content-Type: text/plain; charset=utf-8",
    ),
    ["ana@far.test"],
  ],
  [
    "japanese",
    mail(
      "postmaster@far.test",
      "=?utf-8?B?6YWN5L+h44Ko44Op44O8?=",
      "次のメールは宛先不明のため配信できませんでした。\n\n宛先: <ana@far.test>\n",
      "Content-Type: text/plain; charset=utf-8",
    ),
    ["ana@far.test"],
  ],
  [
    "docomo",
    mail(
      "Mail Administrator <mail-admin@docomo.test>",
      "Undelivered Mail Returned to Sender",
      `The following mail could not be delivered to the recipient(s):\nana@far.test\n${COPY}`,
    ),
    ["ana@far.test"],
  ],
  [
    "courier",
    mail(
      '"Courier mail server at far.test" <@>',
      "NOTICE: mail delivery status.",
      "This is a delivery status notification from far.test,\nrunning the Courier mail server, version 0.65.2.\n\nThe original message was received on Sun, 1 Mar 2026 10:00:00 +0000\nfrom groups.test\n\n---------------------------------------------------------------------------\n\n                           UNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<ana@far.test>:\n    mx.far.test [192.0.2.3]:\n>>> RCPT TO:<ana@far.test>\n<<< 550 5.1.1 <ana@far.test>... User Unknown\n\n---------------------------------------------------------------------------\n",
    ),
    ["ana@far.test"],
  ],
  [
    "dma",
    mail(
      "MAILER-DAEMON <>",
      "Mail delivery failed",
      `Message delivery failed.\n\nYour message to <ana@far.test> could not be delivered:\n\nbounce reason: 550 no such user\n\nMessage headers follow.\n${COPY}`,
    ),
    ["ana@far.test"],
  ],
  [
    "verizon",
    mail(
      "post_master@vtext.test",
      "Undeliverable Message",
      "Error: Message not delivered.\n\nTo: 5551234@vtext.test\nReason: Invalid recipient\n",
    ),
    ["5551234@vtext.test"],
  ],
  [
    "sendmail's warning",
    mail(
      "Mail Delivery Subsystem <MAILER-DAEMON@far.test>",
      "Warning: could not send message for past 4 hours",
      "    **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n    **********************************************\n\nThe original message was received at Sun, 1 Mar 2026 10:00:00 GMT\nfrom localhost\n\n   ----- Transcript of session follows -----\n<ana@far.test>... Deferred: Connection timed out with mx.far.test.\nWarning: message still undelivered after 4 hours\nWill keep trying until message is 5 days old\n",
    ),
    ["ana@far.test"],
  ],
  [
    "html table",
    mail(
      "Postmaster <postmaster@far.test>",
      "Delivery failure",
      "<html><body><h1>Message not delivered</h1><table><tr><td>Recipient</td><td>ana@far.test</td></tr><tr><td>Reason</td><td>550 5.7.1 Blocked by policy</td></tr></table><p>Need help? <a href='mailto:support@far.test'>support@far.test</a></p></body></html>",
      "Content-Type: text/html; charset=utf-8",
    ),
    ["ana@far.test"],
  ],
  [
    "mta name only",
    mail(
      '"Mail Gateway" <gateway@far.test>',
      "Your message could not be delivered",
      "The e-mail address ana@far.test you have written to does not exist. Please check the spelling.\nPostmaster team, postmaster@far.test\n",
    ),
    ["ana@far.test"],
  ],
  [
    "old qmail vacation-ish",
    "From: Ana <ana@far.test>\nTo: bounce+tok@groups.test\nSubject: I have moved\nReturn-Path: <>\nAuto-Submitted: auto-replied\n\nI no longer use this address. Write to ana@new.test instead. This mailbox is no longer available.\n",
    [],
  ],
  [
    "vacation plain",
    "From: Ana <ana@far.test>\nReturn-Path: <>\nTo: bounce+tok@groups.test\nSubject: Re: Chapter two\n\nI am out until Friday, your message could not be delivered to me in person.\n",
    [],
  ],
  [
    "ooo exchange",
    "From: Ana <ana@far.test>\nReturn-Path: <>\nTo: x@groups.test\nSubject: Automatic reply: Undeliverable: lunch\nX-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated\n\nI am away.\n",
    [],
  ],
  [
    "read receipt",
    "From: Ana <ana@far.test>\nTo: x@groups.test\nSubject: Read: Chapter two\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nYour message was read\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; ana@far.test\nDisposition: manual-action/MDN-sent-manually; displayed\n--b--\n",
    [],
  ],
  [
    "read deleted",
    "From: Ana <ana@far.test>\nTo: x@groups.test\nSubject: Not read: Chapter two\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nYour message to ana@far.test was deleted without being read\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; ana@far.test\nDisposition: automatic-action/MDN-sent-automatically; deleted\n--b--\n",
    [],
  ],
  [
    "ticket",
    "From: Support <support@far.test>\nTo: x@groups.test\nSubject: [#123] We have received your request: delivery problem\nAuto-Submitted: auto-replied\n\nThank you. Your message could not be processed right now; the recipient ben@far.test will answer.\n",
    [],
  ],
  [
    "virus",
    "From: AntiVirus <antivirus@far.test>\nTo: x@groups.test\nSubject: VIRUS IN YOUR MAIL\n\nA virus was found in your mail to ben@far.test. It was not delivered.\n",
    ["ben@far.test"],
  ],
];

test("notices are read in whatever form and language they come, and an absent person's answer is none", () => {
  for (const [name, text, wanted] of FORMATS) {
    const { kind, recipients } = readReturned(Buffer.from(text));
    assert.deepEqual(
      recipients.map((one) => one.address),
      wanted,
      name,
    );
    assert.equal(kind === "bounce", wanted.length > 0, name);
  }
});

test("a warning that the mail still waits is no failure", () => {
  const [, text] = FORMATS.find(([name]) => name === "sendmail's warning")!;
  const [ana] = readReturned(Buffer.from(text)).recipients;
  assert.deepEqual([ana?.class, ana?.isDelayed], ["temporary", true]);
});
