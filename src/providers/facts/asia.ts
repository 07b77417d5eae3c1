/** Providers of Asia. */
import type { Facts, Newcomer } from "../facts.ts";

const slowly: Newcomer = { standing: "warming", start: 100, growth: 1.5, enough: 5_000 };

export const ASIA: readonly Facts[] = [
  {
    name: "qq",
    title: "QQ Mail and Foxmail (Tencent)",
    mx: ["qq.com"],
    limits: { connections: 4, mailsPerConnection: 8, perMinute: 100 },
    newcomer: slowly,
    ask: [{ what: "Read the rules for senders and register the mail domain", where: "https://open.mail.qq.com/" }],
  },
  {
    name: "netease",
    title: "NetEase (163.com, 126.com, yeah.net)",
    mx: ["netease.com", "mxmail.netease.com"],
    limits: { connections: 4, mailsPerConnection: 7, perMinute: 100 },
    newcomer: slowly,
    ask: [
      {
        what: "Read what its codes mean, and use its form for refused mail",
        where: "http://feedback.mail.126.com/antispam/index.php",
      },
    ],
  },
  {
    name: "yahoo-japan",
    title: "Yahoo! Japan",
    mx: ["mail.yahoo.co.jp"],
    limits: { connections: 2, mailsPerConnection: 20, perMinute: 600 },
    newcomer: slowly,
  },
  {
    name: "docomo",
    title: "NTT docomo",
    mx: ["docomo.ne.jp"],
    limits: { connections: 2, mailsPerConnection: 20 },
    newcomer: slowly,
  },
  {
    name: "au",
    title: "au (KDDI)",
    mx: ["au.com", "ezweb.ne.jp"],
    limits: { connections: 2, mailsPerConnection: 20 },
    newcomer: slowly,
  },
  {
    name: "softbank",
    title: "SoftBank",
    mx: ["softbank.ne.jp", "i.softbank.jp"],
    limits: { connections: 2, mailsPerConnection: 20 },
    newcomer: slowly,
  },
  {
    name: "naver",
    title: "Naver",
    mx: ["naver.com", "naver.net"],
    limits: { connections: 4, mailsPerConnection: 20 },
    newcomer: slowly,
  },
  {
    name: "kakao",
    title: "Kakao and Daum (Hanmail)",
    mx: ["hanmail.net", "daum.net", "kakao.com"],
    limits: { connections: 4, mailsPerConnection: 20 },
    newcomer: slowly,
  },
  {
    name: "netvigator",
    title: "Netvigator",
    mx: ["netvigator.com"],
    limits: { connections: 5, mailsPerConnection: 10 },
  },
  {
    name: "rediff",
    title: "Rediffmail",
    mx: ["rediff.akadns.net", "rediffmail.com", "rediffmailpro.com"],
    limits: { connections: 4, mailsPerConnection: 20 },
    newcomer: slowly,
  },
];
