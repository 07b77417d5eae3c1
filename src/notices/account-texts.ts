/** What our letters say about a person's account. */
import { t } from "../language/language.ts";
import { compose, type Writer } from "./compose.ts";
import type { Letter } from "./notices.ts";

/**
 * To an address that somebody says is theirs. It may be a stranger's, so it says who asks and what a yes gives away; who
 * asks is named by an address that is proved, as a name would be a place for anybody's advertisement.
 */
export function confirmAddressLetter(writer: Writer, to: string, asker: string, token: string): Letter {
  const link = `${writer.url}/account/address/${token}`;
  const host = new URL(writer.url).host;
  return compose(writer, "confirm-address", { to, group: null }, () => ({
    subject: t`Is this address yours too? Please confirm`,
    replyTo: `confirm+${token}@${writer.domain}`,
    labels: { [link]: t`See and confirm` },
    text: `${t`${asker} asked at ${host} to add ${to} to their account.`}

${t`If that is you, open this link and press the button there, within two days:`}

${link}

${t`Or reply to this mail with the word ${t`yes`}. What ${to} has here, its memberships too, then belongs to that account.`}

${t`If it is not you, do nothing, and do not answer: nothing changes.`}
`,
  }));
}

/** What somebody signs in with, and that it is different now. */
export type AccountChange =
  | "password"
  | "no password"
  | "second factor"
  | "no second factor"
  | "backup codes"
  | "passkey"
  | "no passkey"
  | "identity"
  | "no identity";

const CHANGES: Record<AccountChange, (host: string) => string> = {
  password: (host) => t`A new password was set for your account at ${host}.`,
  "no password": (host) => t`The password of your account was removed at ${host}.`,
  "second factor": (host) => t`A code from an app is now asked for when you sign in at ${host}.`,
  "no second factor": (host) => t`Codes from an app are no longer asked for when you sign in at ${host}.`,
  "backup codes": (host) => t`New backup codes were made, and the old ones work no more, at ${host}.`,
  passkey: (host) => t`A passkey was added, which signs in to your account at ${host}.`,
  "no passkey": (host) => t`A passkey was removed from your account at ${host}.`,
  identity: (host) => t`Another service was connected, which signs in to your account at ${host}.`,
  "no identity": (host) => t`Another service was disconnected from your account at ${host}.`,
};

/** To each address of a person: what they sign in with has changed. If it was not them, this is how they learn of it. */
export function accountChangedLetter(writer: Writer, to: string, change: AccountChange): Letter {
  const link = `${writer.url}/account/security`;
  const host = new URL(writer.url).host;
  return compose(writer, "account-changed", { to, group: null }, () => ({
    subject: t`Your account at ${host} was changed`,
    labels: { [link]: t`See what signs in to my account` },
    text: `${CHANGES[change](host)}

${t`If that was you, there is nothing to do.`}

${t`If it was not you, somebody else is in your account. Open this page, sign in by a link to your mail, and undo it there; then sign out everywhere else:`}

${link}
`,
  }));
}

/** As short as a good secretary's, in the language of who asks. */
export function signInLetter(writer: Writer, to: string, link: string): Letter {
  const host = new URL(writer.url).host;
  return compose(writer, "sign-in", { to, group: null }, () => ({
    subject: t`Sign in to ${host}`,
    from: { name: "Smartgroups", address: `noreply@${writer.domain}` },
    labels: { [link]: t`Sign in` },
    text: `${t`Good day,`}

${t`here is your link to sign in to ${host}:`}

${link}

${t`Open it within half an hour and press the button there. It works once.`}

${t`If you did not ask for it, somebody typed your address by mistake: nothing happens unless the button is pressed.`}
`,
  }));
}
