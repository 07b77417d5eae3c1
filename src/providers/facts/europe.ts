/** Providers of Europe, Russia included. */
import type { Facts, Newcomer } from "../facts.ts";
import { postmasterOf, SIGNAL_SPAM, UNIVERSAL } from "./asks.ts";

const slowly: Newcomer = { standing: "warming", start: 200, growth: 1.5, enough: 5_000 };

export const EUROPE: readonly Facts[] = [
  {
    name: "gmx",
    title: "GMX, Web.de and mail.com (United Internet)",
    mx: ["gmx.net", "web.de", "mx00.mail.com", "mx01.mail.com"],
    limits: { connections: 4, mailsPerConnection: 20 },
    newcomer: { standing: "warming", start: 500, growth: 2, enough: 10_000 },
    ask: [
      {
        what: "Read the postmaster's rules and what its error texts mean; its form takes questions about refused mail",
        where: "https://postmaster.gmx.net/",
      },
    ],
  },
  {
    name: "t-online",
    title: "T-Online (Deutsche Telekom)",
    mx: ["t-online.de"],
    limits: { connections: 4, mailsPerConnection: 50 },
    newcomer: { standing: "closed", start: 50, growth: 2, enough: 5_000 },
    ask: [
      {
        what: "Give the server a DNS name below the service's own domain, and a web page there that names who is responsible",
        where: "https://postmaster.t-online.de/index.en.html",
      },
      {
        what: "Then write, before the first mail: the address, its name, that page. Mail from addresses it does not know is refused",
        where: "mailto:postmaster@rx.t-online.de",
      },
    ],
  },
  {
    name: "freenet",
    title: "Freenet",
    mx: ["freenet.de"],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: slowly,
    ask: [postmasterOf("freenet.de")],
  },
  {
    name: "orange",
    title: "Orange and Wanadoo",
    mx: ["orange.fr", "wanadoo.fr"],
    limits: { connections: 2, mailsPerConnection: 100 },
    newcomer: slowly,
    ask: [
      {
        what: "Read the postmaster's rules; refused mail is asked about there",
        where: "https://messagerie.orange.fr/postmaster.html",
      },
      SIGNAL_SPAM,
    ],
  },
  {
    name: "free",
    title: "Free (Iliad)",
    mx: ["free.fr"],
    limits: { connections: 2, mailsPerConnection: 50 },
    newcomer: slowly,
    ask: [
      {
        what: "See whether the address is blocked, and why (in French); a block ends by itself within a day",
        where: "http://postmaster.free.fr/",
      },
    ],
  },
  {
    name: "sfr",
    title: "SFR and Neuf",
    mx: ["sfr.fr", "neuf.fr"],
    limits: { connections: 3, mailsPerConnection: 50 },
    newcomer: slowly,
    ask: [SIGNAL_SPAM, UNIVERSAL],
  },
  {
    name: "laposte",
    title: "La Poste (laposte.net)",
    mx: ["laposte.net"],
    limits: { connections: 2, mailsPerConnection: 50 },
    newcomer: slowly,
    ask: [postmasterOf("laposte.net"), SIGNAL_SPAM],
  },
  {
    name: "libertyglobal",
    title: "Virgin Media and Ziggo (Liberty Global)",
    mx: ["iss.as9143.net"],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: slowly,
    ask: [UNIVERSAL],
  },
  {
    name: "kpn",
    title: "KPN and XS4ALL",
    mx: ["kpnmail.nl", "kpnxchange.com"],
    limits: { connections: 10, mailsPerConnection: 10 },
  },
  {
    name: "bluewin",
    title: "Bluewin (Swisscom)",
    mx: ["bluewin.ch"],
    limits: { connections: 5, mailsPerConnection: 50 },
    ask: [UNIVERSAL],
  },
  {
    name: "libero",
    title: "Libero and Virgilio (Italiaonline)",
    mx: ["libero.it", "virgilio.it"],
    limits: { connections: 4, mailsPerConnection: 50 },
    newcomer: slowly,
    ask: [UNIVERSAL],
  },
  {
    name: "tim",
    title: "TIM and Alice",
    mx: ["tim.it", "alice.it"],
    limits: { connections: 4, mailsPerConnection: 50 },
    newcomer: slowly,
    ask: [UNIVERSAL],
  },
  {
    name: "wp",
    title: "WP and o2.pl",
    mx: ["wp.pl", "tlen.pl", "o2.pl"],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: slowly,
  },
  { name: "onet", title: "Onet", mx: ["onet.pl"], limits: { connections: 5, mailsPerConnection: 50 } },
  { name: "interia", title: "Interia", mx: ["interia.pl"], limits: { connections: 5, mailsPerConnection: 50 } },
  {
    name: "seznam",
    title: "Seznam",
    mx: ["seznam.cz"],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: slowly,
    ask: [
      { what: "Join its feedback loop: complaints come back as mails", where: "https://fbl.seznam.cz/" },
      {
        what: "Read what it wants of senders (in Czech)",
        where: "https://napoveda.seznam.cz/cz/email/informace-pro-odesilatele/",
      },
    ],
  },
  { name: "posteo", title: "Posteo", mx: ["posteo.de"], limits: { connections: 10, mailsPerConnection: 50 } },
  {
    name: "mailbox.org",
    title: "mailbox.org",
    mx: ["mailbox.org"],
    limits: { connections: 10, mailsPerConnection: 50 },
  },
  { name: "tuta", title: "Tuta", mx: ["tutanota.de", "tuta.com"], limits: { connections: 5, mailsPerConnection: 50 } },
  {
    name: "mailru",
    title: "Mail.ru (VK)",
    mx: ["mail.ru"],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: { standing: "warming", start: 300, growth: 2, enough: 10_000 },
    ask: [
      {
        what: "Register the mail domain: the postmaster shows complaints and reputation, and has a feedback loop",
        where: "https://postmaster.mail.ru/",
      },
      { what: "When mail is refused, write with a copy of the reply", where: "mailto:abuse@corp.mail.ru" },
    ],
  },
  {
    name: "yandex",
    title: "Yandex",
    mx: ["yandex.ru", "yandex.net"],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: { standing: "warming", start: 300, growth: 2, enough: 10_000 },
    ask: [
      {
        what: "Register the mail domain with Postoffice: it shows complaints and errors",
        where: "https://postoffice.yandex.com/",
      },
      UNIVERSAL,
    ],
  },
  {
    name: "ukrnet",
    title: "UKR.NET",
    mx: ["ukr.net"],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: slowly,
    ask: [{ what: "Read the postmaster's rules", where: "https://postmaster.ukr.net/" }],
  },
  {
    name: "rambler",
    title: "Rambler",
    mx: ["rambler.ru"],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: slowly,
  },
];
