/**
 * What we say in an SMTP conversation, as a value: who decides what to say does not write to the line.
 */
export type Reply = {
  code: number;
  /** Enhanced status code (RFC 3463); undefined where none belongs: greeting, HELO, EHLO, 354 (RFC 2034 4). */
  status: string | undefined;
  text: string | string[];
  /** The kind of refusal, as counted; undefined when nothing was refused. */
  refused?: string;
  /** "client": the refusal is the client's doing, and too many end the conversation. "idle": a command that leads nowhere. */
  blame?: "client" | "idle";
  /** What happens when it is said. */
  next?: "data" | "tls" | "close";
};

export const yes = (code: number, status: string | undefined, text: string | string[], next?: Reply["next"]): Reply =>
  next ? { code, status, text, next } : { code, status, text };

/** The answer to a command that may be given for ever and gets nothing done. */
export const idle = (code: number, status: string, text: string): Reply => ({ code, status, text, blame: "idle" });

/** A refusal that counts against the client. */
export const no = (refused: string, code: number, status: string, text: string): Reply => ({
  ...{ code, status, text, refused },
  blame: "client",
});

/** A refusal after which nothing more is heard. */
export const noMore = (refused: string, code: number, status: string, text: string): Reply => ({
  ...{ code, status, text, refused },
  next: "close",
});

/** Trouble of our own: the client is asked to come again, and nothing of it counts against it. */
export const later = (): Reply => ({
  ...{ code: 451, status: "4.3.0", refused: "trouble" },
  text: "Nothing can be stored at the moment; the mail is welcome later",
});

/** The reply as it goes over the line. */
export function written(reply: Reply): string {
  const status = reply.status === undefined ? "" : `${reply.status} `;
  if (typeof reply.text === "string") return `${reply.code} ${status}${oneLine(reply.text)}\r\n`;
  const last = reply.text.length - 1;
  return reply.text.map((text, i) => `${reply.code}${i < last ? "-" : " "}${status}${oneLine(text)}\r\n`).join("");
}

const oneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f]/g, " ");
