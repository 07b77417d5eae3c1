/** A real OpenID provider on this machine (npm's oidc-provider), and somebody who signs in there without a browser. */
import { createServer, type Server } from "node:http";
import type { TestContext } from "node:test";
import { freePort } from "./service.ts";

export type Claims = { email?: string; email_verified?: boolean; name?: string };
export type Provider = {
  issuer: string;
  /** Who has an account there, by the name they type. */
  people: Record<string, Claims>;
  /** What was asked for, as query strings. */
  asked: URLSearchParams[];
};

export const SECRET = "a secret of forty characters and some more";

export async function startProvider(t: TestContext, redirects: string[], port = 0): Promise<Provider> {
  const { default: Oidc } = await import("oidc-provider");
  const issuer = `http://127.0.0.1:${port || (await freePort())}`;
  const made: Provider = { issuer, people: {}, asked: [] };
  const oidc = new Oidc(issuer, {
    clients: [
      {
        client_id: "groups",
        client_secret: SECRET,
        redirect_uris: redirects,
        grant_types: ["authorization_code"],
        response_types: ["code"],
        token_endpoint_auth_method: "client_secret_post",
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...made.people[id] }) }),
    cookies: { keys: ["one of a test"] },
    pkce: { required: () => true },
  });
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", issuer);
    if (url.pathname === "/auth") made.asked.push(url.searchParams);
    void oidc.callback()(request, response);
  });
  await new Promise<void>((resolve) => server.listen(Number(new URL(issuer).port), "127.0.0.1", resolve));
  t.after(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return made;
}

/** Signs in there as `who` and agrees; answers the address to which the browser is sent back, not followed. */
export async function agreeAt(provider: Provider, url: string, who: string): Promise<string> {
  const jar = new Map<string, string>();
  let at = url;
  let form: URLSearchParams | undefined;
  for (let step = 0; step < 12; step += 1) {
    const answer = await fetch(at, {
      redirect: "manual",
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(form && { method: "POST", body: form }),
    });
    form = undefined;
    for (const set of answer.headers.getSetCookie()) {
      const [name, value] = set.split(";")[0]!.split(/=(.*)/s) as [string, string];
      jar.set(name, value);
    }
    const location = answer.headers.get("location");
    if (location) {
      at = new URL(location, at).href;
      if (!at.startsWith(provider.issuer)) return at;
      continue;
    }
    const page = await answer.text();
    at = new URL(/action="([^"]+)"/.exec(page)?.[1] ?? "/", at).href;
    form = new URLSearchParams(
      /name="login"/.test(page) ? { prompt: "login", login: who, password: "any" } : { prompt: "consent" },
    );
  }
  throw new Error(`${provider.issuer} never sent the browser back`);
}
