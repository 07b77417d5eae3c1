/** Other services that people may sign in with (OpenID Connect), as the operator names them, in the library's words. */
import type { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import type { OidcProvider, WebConfig } from "../house.ts";
import type { Told } from "./library.ts";

/** The library is told no address: who somebody is here is for identities.ts to say, from what the service said of them. */
export const pluginConfig = (config: WebConfig, telling: AsyncLocalStorage<Told>) =>
  (config.oidc ?? []).map((provider) => ({
    providerId: provider.id,
    name: provider.label,
    discoveryUrl: `${provider.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
    clientId: provider.clientId,
    clientSecret: provider.clientSecret,
    scopes: ["openid", "email", "profile"],
    pkce: true,
    requireIdTokenVerification: true,
    redirectURI: `${config.url}/sign-in/with/${provider.id}/back`,
    mapProfileToUser: (profile: Record<string, unknown>) => {
      const told = telling.getStore();
      if (told) told.profile = profile;
      return { email: `${randomUUID()}@oidc.invalid`, emailVerified: false, name: "" };
    },
  }));

/** An address is proved when the service says so and the operator believes it about that domain. */
export function provedAddress(provider: OidcProvider, profile: Record<string, unknown>): string | undefined {
  const { email, email_verified: isVerified } = profile;
  if (typeof email !== "string" || isVerified !== true) return undefined;
  const domain = email.slice(email.lastIndexOf("@") + 1).toLowerCase();
  return provider.domains.some((one) => one === "*" || one === domain) ? email : undefined;
}
