/** What our letters to a group's owners say about the group itself. */
import { t, told } from "../language/language.ts";
import { compose, dayOf, type OfGroup, type Writer } from "./compose.ts";
import type { Letter } from "./notices.ts";

export function renamedLetter(writer: Writer, to: OfGroup, from: string, by: string): Letter {
  const page = `${writer.url}/g/${to.group.name}`;
  return compose(writer, "renamed", to, () => ({
    subject: t`${to.group.title} has a new address`,
    labels: { [page]: t`Open the group` },
    text: `${t`The address of ${to.group.title} is ${`${to.group.name}@${writer.domain}`} from now on. It was changed by ${told(by)}.`}

${t`Mail to ${`${from}@${writer.domain}`} arrives as before, and old links lead to the new place. Nobody has to do anything.`}

${page}
`,
  }));
}

export function removingLetter(writer: Writer, to: OfGroup, eraseAt: Date, by: string): Letter {
  const page = `${writer.url}/g/${to.group.name}/end`;
  return compose(writer, "removing", to, () => ({
    subject: t`${to.group.title} will be removed on ${dayOf(eraseAt)}`,
    labels: { [page]: t`Keep the group` },
    text: `${t`${told(by)} asked for ${to.group.title} to be removed. On ${dayOf(eraseAt)} its posts, its members and everything else in it are erased, and nobody can bring them back.`}

${t`Until then it takes no posts, and its archive can be read and saved. Every owner can take the removal back:`}

${page}
`,
  }));
}

export function restoredLetter(writer: Writer, to: OfGroup, by: string): Letter {
  const page = `${writer.url}/g/${to.group.name}`;
  return compose(writer, "restored", to, () => ({
    subject: t`${to.group.title} stays`,
    labels: { [page]: t`Open the group` },
    text: `${t`${told(by)} took back the removal of ${to.group.title}. Nothing was erased.`}

${page}
`,
  }));
}

/** Of no group, as there is none any more: it would be erased with the rest. */
export function removedLetter(writer: Writer, to: OfGroup): Letter {
  const letter = compose(writer, "removed", to, () => ({
    subject: t`${to.group.title} was removed`,
    text: `${t`The time in which the removal of ${to.group.title} could be taken back is over. Its posts, its members and everything else in it are being erased.`}
`,
  }));
  return { ...letter, groupId: null };
}
