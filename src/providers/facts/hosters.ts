/** Those who keep mail for other people's domains. */
import type { Facts } from "../facts.ts";
import { UNIVERSAL } from "./asks.ts";

const REGIONS =
  "us-east-1 us-east-2 us-west-2 ca-central-1 eu-west-1 eu-west-2 eu-central-1 ap-northeast-1 ap-southeast-1 ap-southeast-2";

export const HOSTERS: readonly Facts[] = [
  {
    name: "ovh",
    title: "OVH",
    mx: ["mail.ovh.net", "mail.ovh.ca", "mail.ovh.us"],
    limits: { connections: 10, mailsPerConnection: 50 },
  },
  {
    name: "ionos",
    title: "IONOS (1&1)",
    mx: [
      "ionos.de",
      "ionos.com",
      "ionos.co.uk",
      "ionos.es",
      "ionos.fr",
      "ionos.it",
      "kundenserver.de",
      "perfora.net",
      "1and1.com",
    ],
    limits: { connections: 5, mailsPerConnection: 50 },
  },
  { name: "strato", title: "Strato", mx: ["rzone.de"], limits: { connections: 5, mailsPerConnection: 50 } },
  // Below clients.your-server.de are machines that people rent there, not Hetzner's mail hosts.
  {
    name: "hetzner",
    title: "Hetzner",
    mx: ["your-server.de"],
    notMx: ["clients.your-server.de"],
    limits: { connections: 10, mailsPerConnection: 50 },
  },
  {
    name: "rackspace",
    title: "Rackspace",
    mx: ["emailsrvr.com"],
    limits: { connections: 10, mailsPerConnection: 50 },
    ask: [
      {
        what: "Read the postmaster's page; refused addresses are asked about there",
        where: "https://postmaster.emailsrvr.com/",
      },
      UNIVERSAL,
    ],
  },
  {
    name: "godaddy",
    title: "GoDaddy",
    mx: ["secureserver.net"],
    limits: { connections: 5, mailsPerConnection: 50 },
    ask: [{ what: "When the address is blocked, ask for its removal", where: "https://unblock.secureserver.net/" }],
  },
  {
    name: "opensrs",
    title: "OpenSRS (Tucows)",
    mx: ["hostedemail.com"],
    limits: { connections: 10, mailsPerConnection: 50 },
    ask: [UNIVERSAL],
  },
  {
    name: "namecheap",
    title: "Namecheap",
    mx: ["privateemail.com", "registrar-servers.com"],
    limits: { connections: 10, mailsPerConnection: 50 },
  },
  {
    name: "gandi",
    title: "Gandi",
    mx: ["mail.gandi.net"],
    ask: [UNIVERSAL],
    limits: { connections: 10, mailsPerConnection: 50 },
  },
  {
    name: "infomaniak",
    title: "Infomaniak",
    mx: ["infomaniak.ch", "infomaniak.com"],
    limits: { connections: 10, mailsPerConnection: 50 },
  },
  { name: "aruba", title: "Aruba", mx: ["aruba.it"], limits: { connections: 5, mailsPerConnection: 50 } },
  { name: "migadu", title: "Migadu", mx: ["migadu.com"], limits: { connections: 10, mailsPerConnection: 50 } },
  { name: "dreamhost", title: "DreamHost", mx: ["dreamhost.com"], limits: { connections: 10, mailsPerConnection: 50 } },
  { name: "hostinger", title: "Hostinger", mx: ["hostinger.com"], limits: { connections: 10, mailsPerConnection: 50 } },
  { name: "titan", title: "Titan", mx: ["titan.email"], limits: { connections: 10, mailsPerConnection: 50 } },
  {
    name: "locaweb",
    title: "Locaweb",
    mx: ["locaweb.com.br"],
    ask: [UNIVERSAL],
    limits: { connections: 5, mailsPerConnection: 50 },
  },
  {
    name: "amazon",
    title: "Amazon (SES and WorkMail)",
    mx: REGIONS.split(" ").map((region) => `inbound-smtp.${region}.amazonaws.com`),
    limits: { connections: 10, mailsPerConnection: 50 },
  },
  {
    name: "cloudflare",
    title: "Cloudflare (mail passed on)",
    mx: ["mx.cloudflare.net"],
    limits: { connections: 10, mailsPerConnection: 50 },
  },
  {
    name: "improvmx",
    title: "ImprovMX (mail passed on)",
    mx: ["improvmx.com"],
    limits: { connections: 5, mailsPerConnection: 50 },
  },
  {
    name: "forwardemail",
    title: "Forward Email (mail passed on)",
    mx: ["forwardemail.net"],
    limits: { connections: 5, mailsPerConnection: 50 },
  },
  {
    name: "simplelogin",
    title: "SimpleLogin (mail passed on)",
    mx: ["simplelogin.co", "simplelogin.io"],
    limits: { connections: 5, mailsPerConnection: 50 },
  },
];
