/** A draft as the mail it becomes, ready for the queue: as if it had come by HTTP. */
import { promisify } from "node:util";
import { zstdCompress } from "node:zlib";
import { composePost, type FileToSend } from "../mail/post.ts";
import type { Draft } from "./keep.ts";

const pack = promisify(zstdCompress);

export type Sending = {
  draft: Pick<Draft, "id" | "address" | "name" | "subject" | "body" | "isSpecial" | "isPlain" | "client">;
  files: readonly FileToSend[];
  group: { name: string; title: string; language: string };
  /** The post that it answers. */
  parent?: { messageId: string; references: readonly string[] } | undefined;
  /** Where it goes, when not to the group. */
  to?: string;
  domain: string;
  now: Date;
};

export type MailToQueue = {
  id: string;
  receivedAt: Date;
  sender: string;
  recipients: string[];
  client: { address: string; helo: string; protocol: string };
  size: number;
  raw: Buffer;
  chunked: boolean;
};

export async function mailOf({ draft, files, group, parent, domain, now, ...other }: Sending): Promise<MailToQueue> {
  const to = other.to ?? `${group.name}@${domain}`;
  const bytes = composePost({
    from: { name: draft.name, address: draft.address },
    to: other.to ?? { name: group.title, address: to },
    subject: draft.subject,
    text: draft.body,
    isMarkdown: !draft.isPlain,
    isSpecial: draft.isSpecial,
    language: group.language,
    files,
    date: now,
    messageId: `${draft.id}@${domain}`,
    ...(parent && { inReplyTo: parent.messageId, references: parent.references }),
  });
  return {
    id: draft.id,
    receivedAt: now,
    sender: draft.address,
    recipients: [to],
    client: { address: draft.client, helo: "web", protocol: "HTTP" },
    size: bytes.length,
    raw: await pack(bytes),
    chunked: false,
  };
}
