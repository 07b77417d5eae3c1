/** Sends one mail by SMTP, as a mail server would: for tests, one connection a mail. */
import { connect } from "node:net";

export type Sent = { code: number; text: string; id: string | undefined };

export async function sendMail(
  port: number,
  envelope: { from: string; to: string[] },
  message: string | Buffer,
): Promise<Sent> {
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  let heard = "";
  let wake: (() => void) | undefined;
  socket.on("data", (chunk) => {
    heard += chunk.toString("latin1");
    wake?.();
  });
  socket.on("close", () => wake?.());
  socket.on("error", () => wake?.());
  const reply = async (): Promise<{ code: number; text: string }> => {
    for (;;) {
      const whole = /^(?:\d{3}-[^\n]*\n)*(\d{3}) ([^\n]*)\n/.exec(heard);
      if (whole) {
        heard = heard.slice(whole[0].length);
        return { code: Number(whole[1]), text: whole[2]!.trim() };
      }
      if (socket.destroyed) return { code: 0, text: "the connection is gone" };
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const say = (line: string): Promise<{ code: number; text: string }> => {
    socket.write(`${line}\r\n`);
    return reply();
  };
  try {
    await reply();
    await say("EHLO sender.test");
    const bare = /<([^>]*)>/.exec(envelope.from)?.[1] ?? envelope.from;
    const mail = await say(`MAIL FROM:<${bare}>${/^[\x00-\x7f]*$/.test(bare) ? "" : " SMTPUTF8"}`);
    if (mail.code !== 250) return { ...mail, id: undefined };
    for (const to of envelope.to) {
      const rcpt = await say(`RCPT TO:<${to}>`);
      if (rcpt.code !== 250) return { ...rcpt, id: undefined };
    }
    await say("DATA");
    const text = (typeof message === "string" ? message : message.toString("latin1")).replace(/\r?\n/g, "\r\n");
    socket.write(
      text.replace(/^\./gm, "..").replace(/(\r\n)?$/, "\r\n"),
      typeof message === "string" ? "utf8" : "latin1",
    );
    const done = await say(".");
    return { ...done, id: /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(done.text)?.[0] };
  } finally {
    socket.end("QUIT\r\n");
    socket.destroy();
  }
}
