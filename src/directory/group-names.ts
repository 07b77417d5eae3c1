/** What a group can be called: its name is the local part of its address. */
import { Refusal } from "../kit/errors.ts";
import { en } from "../language/language.ts";

/** Names no group may have: RFC 2142's mailboxes and the service's own addresses. */
const RESERVED = new Set(
  `postmaster abuse hostmaster webmaster noc security support info marketing sales
   mailer-daemon root bounce leave join back confirm noreply no-reply news usenet www uucp ftp`.split(/\s+/),
);

/** The words at the end of a group's address that are not part of its name: `GROUP-owner`, `GROUP+subscribe`. */
const SUFFIX = /-(owner|request|subscribe|unsubscribe|join|leave|bounces|help)$/;

/** Refuses, in a sentence, a name a group can't have. */
export function checkGroupName(name: string): void {
  if (!/^[a-z0-9][a-z0-9._-]{0,39}$/.test(name))
    throw new Refusal(
      en`"${name.slice(0, 60)}" can't be a group's name: use up to 40 letters a–z, digits, dots and hyphens, beginning with a letter or digit.`,
    );
  if (RESERVED.has(name) || SUFFIX.test(name) || name.includes("..") || name.endsWith("."))
    throw new Refusal(en`"${name}" has a meaning of its own in mail: choose another name for the group.`);
}
