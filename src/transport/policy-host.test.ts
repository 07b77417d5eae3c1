import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import type { LookupFunction } from "node:net";
import { type TestContext, test } from "node:test";
import {
  authority,
  beforeLongAgo,
  certificateFor,
  type HostCertificate,
  longAgo,
} from "../../test/support/authority.ts";
import { policyHost } from "./policy-host.ts";

const root = authority("Test Root");
const good = certificateFor(["mta-sts.far.test"], root);
const text = "version: STSv1\r\nmode: enforce\r\nmx: mx.far.test\r\nmax_age: 86400\r\n";

const here: LookupFunction = (_host, options, answer) => {
  if (options.all) answer(null, [{ address: "127.0.0.1", family: 4 }]);
  else answer(null, "127.0.0.1", 4);
};
const never = new AbortController().signal;

async function fetchFrom(t: TestContext, answer: RequestListener, tls: HostCertificate = good, patienceMs = 60_000) {
  const server = createServer(tls, answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return policyHost({ lookup: here, port, patienceMs, roots: root.cert })("far.test", never);
}

const troubleOf = (fetched: Awaited<ReturnType<typeof fetchFrom>>): string =>
  "trouble" in fetched ? `${fetched.trouble}: ${fetched.reason}` : "none";

const plain = { "content-type": "text/plain; charset=utf-8" };

test("a policy is fetched from the place the standard names", async (t) => {
  let asked = "";
  const fetched = await fetchFrom(t, (request, response) => {
    asked = `${request.method} ${request.headers.host?.replace(/:\d+$/, "")}${request.url}`;
    response.writeHead(200, plain).end(text);
  });
  assert.equal(asked, "GET mta-sts.far.test/.well-known/mta-sts.txt");
  assert.ok("policy" in fetched && fetched.policy.mode === "enforce");
});

test("redirects are not followed, and an answer that is none is no policy", async (t) => {
  let asked = 0;
  const redirected = await fetchFrom(t, (_request, response) => {
    asked += 1;
    response.writeHead(301, { location: "/elsewhere.txt" }).end();
  });
  assert.match(troubleOf(redirected), /^sts-policy-fetch-error: .* 301/);
  assert.equal(asked, 1);
  const missing = await fetchFrom(t, (_request, response) => response.writeHead(404, plain).end(text));
  assert.match(troubleOf(missing), /^sts-policy-fetch-error: .* 404/);
});

test("a page is no policy, nor is text that is none", async (t) => {
  const page = await fetchFrom(t, (_request, response) =>
    response.writeHead(200, { "content-type": "text/html" }).end(text),
  );
  assert.match(troubleOf(page), /^sts-policy-fetch-error: .*not text\/plain/);
  const odd = await fetchFrom(t, (_request, response) => response.writeHead(200, plain).end("hello"));
  assert.match(troubleOf(odd), /^sts-policy-invalid/);
});

test("an endless answer is cut off, and so is one that never comes", async (t) => {
  let sent = 0;
  const endless = await fetchFrom(t, (_request, response) => {
    response.writeHead(200, plain);
    const more = (): void => {
      while (!response.destroyed && response.write("mx: mx.far.test\r\n".repeat(100))) sent += 1700;
    };
    response.on("drain", more).on("error", () => undefined);
    more();
  });
  assert.match(troubleOf(endless), /^sts-policy-fetch-error: .*too long/);
  assert.ok(sent < 50 * 1024 * 1024);
  assert.match(troubleOf(await fetchFrom(t, () => undefined, good, 100)), /^sts-policy-fetch-error/);
});

for (const [what, tls] of [
  ["has expired", certificateFor(["mta-sts.far.test"], root, { from: beforeLongAgo, to: longAgo })],
  ["is for another host", certificateFor(["far.test"], root)],
  ["is from an authority nobody trusts", certificateFor(["mta-sts.far.test"], authority("Nobody's Root"))],
] as const) {
  test(`a policy host whose certificate ${what} is not believed`, async (t) => {
    const fetched = await fetchFrom(t, (_request, response) => response.writeHead(200, plain).end(text), tls);
    assert.match(troubleOf(fetched), /^sts-webpki-invalid/);
  });
}

test("a policy host that claims to be on this machine is not called", async () => {
  // localhost is on every machine's list of names, and mta-sts.localhost resolves to the loopback (RFC 6761 6.3).
  const fetched = await policyHost({ port: 9 })("localhost", never);
  assert.match(troubleOf(fetched), /^sts-policy-fetch-error: .*(no address that can be called|ENOTFOUND|EAI_AGAIN)/);
});

test("what is being fetched is given up when we stop", async (t) => {
  const stopping = new AbortController();
  const server = createServer(good, () => stopping.abort());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const fetched = await policyHost({ lookup: here, port, roots: root.cert })("far.test", stopping.signal);
  assert.match(troubleOf(fetched), /^sts-policy-fetch-error/);
});
