/** Signing in on a node as a person does: by the link in a letter. */
import { readMail } from "../../src/mail/read.ts";
import type { TestNode } from "./node.ts";

/** The cookie of a session for this address. */
export async function signInAt(node: TestNode, address: string): Promise<string> {
  const form = (fields: Record<string, string>): RequestInit => ({
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { origin: node.webUrl },
    redirect: "manual",
  });
  await fetch(`${node.webUrl}/sign-in`, form({ email: address }));
  await node.quiet();
  const letter = node.farSide.mailsFor(address).findLast((mail) => mail.raw.includes("/sign-in/"))!;
  const token = /sign-in\/([A-Za-z]+)/.exec(readMail(letter.raw).text!)![1];
  const answer = await fetch(`${node.webUrl}/sign-in/${token}`, form({}));
  return answer.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
}
