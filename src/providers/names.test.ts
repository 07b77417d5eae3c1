import assert from "node:assert/strict";
import { test } from "node:test";
import { FACTS } from "./facts.ts";
import { isNamed, providerOf } from "./names.ts";

test("the large providers are known by the names of their mail hosts", () => {
  const hosts: Record<string, string> = {
    "gmail-smtp-in.l.google.com": "google",
    "ASPMX.L.GOOGLE.COM.": "google",
    "smtp.google.com": "google",
    "alt1.aspmx2.googlemail.com": "google",
    "outlook-com.olc.protection.outlook.com": "microsoft",
    "hotmail-com.olc.protection.outlook.com": "microsoft",
    "contoso-com.mail.protection.outlook.com": "microsoft365",
    "contoso-com.o-v1.mx.microsoft": "microsoft365",
    "mta5.am0.yahoodns.net": "yahoo",
    "mx-aol.mail.gm0.yahoodns.net": "yahoo",
    "mx01.mail.icloud.com": "apple",
    "mailsec.protonmail.ch": "proton",
    "in1-smtp.messagingengine.com": "fastmail",
    "mx2.zoho.eu": "zoho",
    "mx00.emig.gmx.net": "gmx",
    "mx-ha02.web.de": "gmx",
    "mx00.mail.com": "gmx",
    "mx01.t-online.de": "t-online",
    "smtp-in.orange.fr": "orange",
    "mx1.free.fr": "free",
    "smtpz4.laposte.net": "laposte",
    "mxs.mail.ru": "mailru",
    "mx.yandex.ru": "yandex",
    "mx1.mxge.comcast.net": "comcast",
    "pkvw-mx.msg.pkvw.co.charter.net": "charter",
    "mx3.qq.com": "qq",
    "163mx03.mxmail.netease.com": "netease",
    "mx5.mail.yahoo.co.jp": "yahoo-japan",
    "mx1.naver.com": "naver",
    "mx1.mail.ovh.net": "ovh",
    "mx00.ionos.de": "ionos",
    "mx01.kundenserver.de": "ionos",
    "smtpin.rzone.de": "strato",
    "www321.your-server.de": "hetzner",
    "inbound-smtp.eu-west-1.amazonaws.com": "amazon",
    "mx1.emailsrvr.com": "rackspace",
    "eu-smtp-inbound-1.mimecast.com": "mimecast",
    "mxa-00123.gslb.pphosted.com": "proofpoint",
    "d12345a.ess.barracudanetworks.com": "barracuda",
    "mx1.hc123-45.eu.iphmx.com": "ironport",
  };
  for (const [host, provider] of Object.entries(hosts))
    assert.equal(providerOf([host], "members.test"), provider, host);
});

test("everybody else is named by the domain the hosts are registered under", () => {
  const named = (host: string): string => providerOf([host], "members.test");
  assert.equal(named("mx1.mail.far.co.uk"), "far.co.uk");
  assert.equal(named("static.1.2.clients.your-server.de"), "your-server.de", "a rented machine is not Hetzner's");
  assert.equal(named("ec2-1-2-3-4.eu-west-1.compute.amazonaws.com"), "amazonaws.com");
  assert.equal(named("notgoogle.com"), "notgoogle.com", "an ending counts from a dot");
  assert.equal(providerOf(["mx1.far.test", "MX2.far.test."], "members.test"), "far.test");
});

test("nobody gets into a large provider's lane by naming one of its hosts beside their own", () => {
  const mixed = ["aspmx.l.google.com", "mx.stranger.test"];
  assert.equal(providerOf(mixed, "stranger.test"), "stranger.test");
  assert.equal(providerOf(mixed.toReversed(), "stranger.test"), "stranger.test");
  assert.equal(providerOf(["aspmx.l.google.com", "alt1.aspmx.l.google.com"], "firm.test"), "google");
  for (const host of ["google", "GOOGLE.", "free", "127.0.0.1:2600", "goo\0gle.com", "a google"]) {
    const name = providerOf([host], "stranger.test");
    assert.ok(!FACTS.has(name) && !isNamed(name), name);
    assert.match(name, /^[a-z0-9._?-]+$/);
  }
  assert.equal(providerOf([], "far.test"), "far.test");
});

test("no ending belongs to two providers, and every fact can be used", () => {
  const seen = new Map<string, string>();
  for (const { name, title, mx, limits, newcomer, ask = [] } of FACTS.values()) {
    for (const suffix of mx) {
      assert.equal(seen.get(suffix), undefined, `${suffix} is ${name}'s and another's`);
      assert.match(suffix, /^[a-z0-9.-]+\.[a-z]+$/);
      seen.set(suffix, name);
      assert.equal(providerOf([`mx1.${suffix}`], "members.test"), name);
    }
    assert.ok(title && !isNamed(name));
    for (const value of Object.values(limits ?? {})) assert.ok(value > 0, name);
    if (newcomer) assert.ok(newcomer.start > 0 && newcomer.growth > 1 && newcomer.enough > newcomer.start, name);
    for (const { what, where } of ask) {
      assert.match(where, /^(https?:\/\/|mailto:)\S+$/, name);
      assert.match(what, /^[A-Z][^.]*[^.]/, name);
    }
  }
  assert.ok(seen.size > 100);
});

test("a route's host and port, and the name a route gives, are the operator's own", () => {
  for (const name of ["127.0.0.1:2600", "relay.test:587", "[2001:db8::1]:25", "sink"]) assert.ok(isNamed(name), name);
  for (const name of ["google", "far.test", "192.0.2.1", "2001:db8::1:25", "t-online"]) assert.ok(!isNamed(name), name);
});
