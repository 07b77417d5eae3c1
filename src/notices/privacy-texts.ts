/** What our letters say about having one's data, and about being erased. */
import { t, tn } from "../language/language.ts";
import { compose, type Writer } from "./compose.ts";
import type { Letter } from "./notices.ts";

export function downloadReadyLetter(writer: Writer, to: string, leftOut: number): Letter {
  const link = `${writer.url}/account/data`;
  const host = new URL(writer.url).host;
  return compose(writer, "download-ready", { to, group: null }, () => ({
    subject: t`Everything about you at ${host} is ready`,
    labels: { [link]: t`Fetch it` },
    text: `${t`You asked for everything that ${host} has about you. It is ready: sign in and fetch it within a day.`}

${link}

${leftOut > 0 ? `${tn(leftOut, "{0} post of yours did not fit: ask the operator for it.", "{0} posts of yours did not fit: ask the operator for them.")}\n\n` : ""}${t`If it was not you who asked, look where you are signed in, and sign out there:`}

${writer.url}/account
`,
  }));
}

/** To the address that asks to be erased: only who has the letter can say yes. */
export function confirmErasureLetter(writer: Writer, to: string, token: string): Letter {
  const link = `${writer.url}/account/erase/${token}`;
  const host = new URL(writer.url).host;
  return compose(writer, "confirm-erasure", { to, group: null }, () => ({
    subject: t`Erase everything about you at ${host}? Please confirm`,
    labels: { [link]: t`See and confirm` },
    text: `${t`You asked at ${host} to be erased: your memberships, your addresses, your name on what you posted.`}

${t`If you want that, open this link and press the button there, within two days:`}

${link}

${t`Nothing happens for a week after that, and until then you can take it back.`}

${t`If it was not you, do nothing: nothing changes. But somebody is signed in as you: sign them out on the page of your account.`}
`,
  }));
}

export function erasureDueLetter(writer: Writer, to: string, token: string, day: string): Letter {
  const link = `${writer.url}/account/erase/${token}`;
  const host = new URL(writer.url).host;
  return compose(writer, "erasure-due", { to, group: null }, () => ({
    subject: t`You will be erased at ${host} on ${day}`,
    labels: { [link]: t`Keep my account` },
    text: `${t`It is confirmed: on ${day} you leave all your groups, and everything that says who you are is removed from ${host}.`}

${t`Until then nothing changes. If you think better of it, open this and press the button there:`}

${link}
`,
  }));
}

export function erasureStoppedLetter(writer: Writer, to: string, groups: string): Letter {
  const host = new URL(writer.url).host;
  return compose(writer, "erasure-stopped", { to, group: null }, () => ({
    subject: t`You are not erased yet: a group needs another owner`,
    text: `${t`You wanted to be erased at ${host} today. But you are the only owner of: ${groups}.`}

${t`Make somebody else an owner there. We look again every day, and it is done as soon as that is so.`}

${writer.url}/account/erase
`,
  }));
}

/** The last letter. Its own row goes when it has been sent. */
export function erasedLetter(writer: Writer, to: string, memberships: number, posts: number): Letter {
  const host = new URL(writer.url).host;
  return compose(writer, "erased", { to, group: null }, () => ({
    subject: t`You are erased at ${host}`,
    text: `${t`It is done: ${host} does not know you any more.`}

${tn(memberships, "{0} membership has ended.", "{0} memberships have ended.")} ${tn(posts, "{0} post of yours has no author any more, or is gone.", "{0} posts of yours have no author any more, or are gone.")}

${t`What we sent to others is in their mailboxes, and there we can do nothing. This is our last letter to ${to}; we forget the address with it.`}
`,
  }));
}
