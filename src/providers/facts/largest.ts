/** The providers that most members of most groups have. */
import type { Facts } from "../facts.ts";
import { postmasterOf, UNIVERSAL } from "./asks.ts";

export const LARGEST: readonly Facts[] = [
  {
    name: "google",
    title: "Google (Gmail and Workspace)",
    mx: ["google.com", "googlemail.com"],
    limits: { connections: 10, mailsPerConnection: 50 },
    newcomer: { standing: "warming", start: 500, growth: 2, enough: 20_000 },
    ask: [
      {
        what: "Register the mail domain with Postmaster Tools: it shows spam rate, reputation and errors",
        where: "https://postmaster.google.com/",
      },
      {
        what: "Read what Google wants of senders: DNS names, SPF, DKIM, DMARC, one-click unsubscribe, spam below 0.3 %",
        where: "https://support.google.com/mail/answer/81126",
      },
      {
        what: "When good mail is refused all the same, use the form for bulk senders",
        where: "https://support.google.com/mail/contact/gmail_bulk_sender_escalation",
      },
    ],
  },
  {
    name: "microsoft",
    title: "Microsoft (Outlook.com, Hotmail, Live, MSN)",
    mx: ["olc.protection.outlook.com"],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: { standing: "warming", start: 200, growth: 1.5, enough: 10_000 },
    ask: [
      {
        what: "Register the address with SNDS: it shows how Microsoft rates it; there, join the feedback loop JMRP, which sends the headers of mails that members complained about",
        where: "https://sendersupport.olc.protection.outlook.com/snds/",
      },
      {
        what: "Read the postmaster's rules and what its error codes mean",
        where: "https://sendersupport.olc.protection.outlook.com/pm/",
      },
      {
        what: "When the address is blocked, ask sender support for mitigation",
        where: "https://olcsupport.office.com/",
      },
    ],
  },
  {
    name: "microsoft365",
    title: "Microsoft 365 (firms, schools)",
    mx: ["mail.protection.outlook.com", "mx.microsoft"],
    limits: { connections: 10, mailsPerConnection: 50 },
    newcomer: { standing: "warming", start: 500, growth: 2, enough: 20_000 },
    ask: [
      {
        what: "When replies say 5.7.606 to 5.7.649 (banned sending IP), take the address off the list",
        where: "https://sender.office.com/",
      },
      {
        what: "Otherwise the administrators of the members' organisation decide: ask them to allow your mail domain",
        where: "https://learn.microsoft.com/defender-office-365/create-safe-sender-lists-in-office-365",
      },
    ],
  },
  {
    name: "yahoo",
    title: "Yahoo and AOL (also AT&T, Cox, Sky, Rogers)",
    mx: ["yahoodns.net"],
    limits: { connections: 10, mailsPerConnection: 20 },
    newcomer: { standing: "warming", start: 300, growth: 2, enough: 20_000 },
    ask: [
      {
        what: "Register the mail domain at the Sender Hub and join the complaint feedback loop, which goes by DKIM domain",
        where: "https://senders.yahooinc.com/complaint-feedback-loop/",
      },
      {
        what: "Read what the codes in its replies mean, [TSS04] and the like",
        where: "https://senders.yahooinc.com/smtp-error-codes/",
      },
      { what: "When mail stays deferred, ask sender support", where: "https://senders.yahooinc.com/contact/" },
    ],
  },
  {
    name: "apple",
    title: "Apple (iCloud, me.com, mac.com)",
    mx: ["mail.icloud.com", "icloud.com"],
    limits: { connections: 10, mailsPerConnection: 5 },
    newcomer: { standing: "warming", start: 300, growth: 2, enough: 10_000 },
    ask: [
      {
        what: "Read the rules for bulk senders; there is no feedback loop",
        where: "https://support.apple.com/en-us/102322",
      },
      {
        what: "When mail is refused, write with a copy of the reply, the domain and the sending address",
        where: "mailto:icloudadmin@apple.com",
      },
    ],
  },
  {
    name: "proton",
    title: "Proton Mail",
    mx: ["protonmail.ch", "proton.ch", "proton.me"],
    limits: { connections: 10, mailsPerConnection: 50 },
    ask: [postmasterOf("proton.me")],
  },
  {
    name: "fastmail",
    title: "Fastmail",
    mx: ["messagingengine.com"],
    limits: { connections: 10, mailsPerConnection: 50 },
    ask: [UNIVERSAL],
  },
  {
    name: "zoho",
    title: "Zoho Mail",
    mx: ["zoho.com", "zoho.eu", "zoho.in", "zoho.com.au", "zoho.com.cn", "zoho.jp", "zohocloud.ca"],
    limits: { connections: 10, mailsPerConnection: 50 },
    ask: [postmasterOf("zoho.com")],
  },
];
