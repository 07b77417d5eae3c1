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
