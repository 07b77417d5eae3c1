/** Filters that firms put in front of their own mail hosts. One refuses for all its customers, so it counts as one. */
import type { Facts } from "../facts.ts";

export const FILTERS: readonly Facts[] = [
  {
    name: "mimecast",
    title: "Mimecast",
    mx: ["mimecast.com", "mimecast.co.za", "mimecast-offshore.com"],
    limits: { connections: 10, mailsPerConnection: 100 },
    ask: [
      {
        what: "Read what its codes mean; the members' organisation can allow your mail domain",
        where: "https://community.mimecast.com/s/article/email-security-cloud-gateway-mimecast-smtp-error-codes",
      },
    ],
  },
  {
    name: "proofpoint",
    title: "Proofpoint",
    mx: ["pphosted.com", "ppe-hosted.com", "gpphosted.com"],
    limits: { connections: 10, mailsPerConnection: 50 },
    ask: [
      { what: "See whether the address is blocked, and ask for its removal", where: "https://ipcheck.proofpoint.com/" },
    ],
  },
  {
    name: "barracuda",
    title: "Barracuda",
    mx: ["barracudanetworks.com"],
    limits: { connections: 10, mailsPerConnection: 15 },
    ask: [
      { what: "See how the address is rated", where: "https://www.barracudacentral.org/lookups" },
      {
        what: "When it is on the list, ask for its removal",
        where: "https://www.barracudacentral.org/rbl/removal-request",
      },
    ],
  },
  {
    name: "ironport",
    title: "Cisco (IronPort)",
    mx: ["iphmx.com"],
    limits: { connections: 10, mailsPerConnection: 50 },
    ask: [
      {
        what: "See how Talos rates the address, and open a ticket when it is wrong",
        where: "https://talosintelligence.com/reputation_center",
      },
    ],
  },
  {
    name: "trendmicro",
    title: "Trend Micro",
    mx: ["trendmicro.com", "trendmicro.eu", "trendmicro.co.jp"],
    limits: { connections: 10, mailsPerConnection: 50 },
    ask: [
      {
        what: "See how the address is rated, and ask for a review",
        where: "https://servicecentral.trendmicro.com/en-us/ers/",
      },
    ],
  },
  {
    name: "messagelabs",
    title: "Symantec (MessageLabs)",
    mx: ["messagelabs.com"],
    limits: { connections: 10, mailsPerConnection: 50 },
    ask: [{ what: "See how the address is rated, and ask for a review", where: "https://ipremoval.sms.symantec.com/" }],
  },
  {
    name: "sophos",
    title: "Sophos",
    mx: ["hydra.sophos.com", "reflexion.net"],
    limits: { connections: 10, mailsPerConnection: 50 },
  },
  {
    name: "hornetsecurity",
    title: "Hornetsecurity",
    mx: ["antispameurope.com", "hornetsecurity.com"],
    limits: { connections: 10, mailsPerConnection: 50 },
  },
  {
    name: "spamexperts",
    title: "SpamExperts (N-able)",
    mx: ["antispamcloud.com", "spamexperts.com", "spamexperts.eu"],
    limits: { connections: 10, mailsPerConnection: 50 },
  },
  {
    name: "forcepoint",
    title: "Forcepoint",
    mx: ["mailcontrol.com"],
    limits: { connections: 10, mailsPerConnection: 50 },
  },
  {
    name: "trellix",
    title: "Trellix (FireEye)",
    mx: ["fireeyecloud.com", "fireeyegov.com"],
    limits: { connections: 10, mailsPerConnection: 50 },
  },
  {
    name: "vade",
    title: "Vade",
    mx: ["vadesecure.com", "vaderetro.com"],
    limits: { connections: 5, mailsPerConnection: 50 },
  },
];
