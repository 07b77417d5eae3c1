/** Providers of the Americas and of Australia, beside those of the whole world. */
import type { Facts, Newcomer } from "../facts.ts";
import { UNIVERSAL } from "./asks.ts";

const slowly: Newcomer = { standing: "warming", start: 200, growth: 1.5, enough: 5_000 };

export const AMERICAS: readonly Facts[] = [
  {
    name: "comcast",
    title: "Comcast (Xfinity)",
    mx: ["comcast.net"],
    limits: { connections: 25, mailsPerConnection: 1000 },
    newcomer: { standing: "warming", start: 300, growth: 2, enough: 10_000 },
    ask: [
      {
        what: "Read what its codes mean; refused addresses are asked about there",
        where: "https://spa.xfinity.com/help/postmaster",
      },
      UNIVERSAL,
    ],
  },
  {
    name: "cox",
    title: "Cox Business (cox.net is Yahoo's)",
    mx: ["cox.net"],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: slowly,
    ask: [
      {
        what: "Read what its codes mean; refused addresses are asked about there",
        where: "https://www.cox.com/business/support/cox-postmaster-administration.html",
      },
    ],
  },
  {
    name: "charter",
    title: "Charter (Spectrum, Roadrunner)",
    mx: ["charter.net", "rr.com"],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: slowly,
    ask: [{ what: "When the address is blocked, write with a copy of the reply", where: "mailto:unblock@charter.net" }],
  },
  {
    name: "earthlink",
    title: "EarthLink",
    mx: ["earthlink.net", "earthlink-vadesecure.net"],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: slowly,
  },
  {
    name: "optimum",
    title: "Optimum (Altice)",
    mx: ["optonline.net"],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: slowly,
  },
  {
    name: "centurylink",
    title: "CenturyLink",
    mx: ["centurylink.net"],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: slowly,
  },
  {
    name: "juno",
    title: "Juno and NetZero (United Online)",
    mx: ["untd.com"],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: slowly,
  },
  {
    name: "bell",
    title: "Bell and Sympatico",
    mx: ["bell.net"],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: slowly,
  },
  {
    name: "shaw",
    title: "Shaw",
    mx: ["shaw.ca"],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: slowly,
  },
  { name: "videotron", title: "Vidéotron", mx: ["videotron.ca"], limits: { connections: 5, mailsPerConnection: 50 } },
  {
    name: "uol",
    title: "UOL and BOL",
    mx: ["uol.com.br", "bol.com.br"],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: slowly,
    ask: [UNIVERSAL],
  },
  {
    name: "terra",
    title: "Terra",
    mx: ["terra.com.br", "terra.com"],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: slowly,
    ask: [UNIVERSAL],
  },
  {
    name: "bigpond",
    title: "Telstra (BigPond)",
    mx: ["bigpond.com"],
    ask: [UNIVERSAL],
    limits: { connections: 5, mailsPerConnection: 50 },
    newcomer: slowly,
  },
];
