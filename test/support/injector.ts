/**
 * An injector: several connections that post without pause, as mail servers behind busy authors would.
 *
 * A mail counts as acknowledged when its 250 was read. Whatever else happens to it (4xx, a broken line, nobody there)
 * the same mail is sent again, under the same Message-ID, until it has its 250: what a sending server does.
 */
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

export type Acknowledged = { messageId: string; trackingId: string; tries: number };

export type Injector = {
  acknowledged: Acknowledged[];
  /** Answers other than 250 to a final dot, or to a command before it. */
  refusals: string[];
  /** Resolves when `count` more mails than now are acknowledged. */
  more(count: number): Promise<void>;
  /** No new mails; resolves when each that was begun has its 250. */
  finish(): Promise<void>;
  /** Ends at once, whatever is under way: the test is over. */
  abandon(): void;
};

export type Load = {
  port: number;
  connections: number;
  /** Milliseconds between two mails of one connection. */
  everyMs: number;
  mail(number: number): Letter;
};

export type Letter = { from: string; to: string; messageId: string; message: string };

export function startInjector(load: Load): Injector {
  const acknowledged: Acknowledged[] = [];
  const refusals: string[] = [];
  let isOver = false;
  let isAbandoned = false;
  let number = 0;

  const author = async (): Promise<void> => {
    let line: Line | undefined;
    while (!isOver) {
      number += 1;
      const mail = load.mail(number);
      for (let tries = 1; !isAbandoned; tries += 1) {
        try {
          line ??= await openLine(load.port);
          const reply = await post(line, mail);
          if (reply.startsWith("250 ")) {
            const trackingId = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(reply)?.[0] ?? "";
            acknowledged.push({ messageId: mail.messageId, trackingId, tries });
            break;
          }
          refusals.push(reply);
          if (reply.startsWith("421")) line = hangUp(line);
        } catch {
          line = hangUp(line);
        }
        await pause(50);
      }
      await pause(load.everyMs);
    }
    line?.socket.end("QUIT\r\n");
    line?.socket.destroy();
  };
  const authors = Promise.all(Array.from({ length: load.connections }, author));
  return {
    acknowledged,
    refusals,
    more: async (count) => {
      const enough = acknowledged.length + count;
      while (acknowledged.length < enough && !isAbandoned) await pause(10);
    },
    finish: async () => {
      isOver = true;
      await authors;
    },
    abandon: () => {
      isOver = isAbandoned = true;
    },
  };
}

/** A conversation with our port, after EHLO. */
export type Line = { socket: Socket; reply(): Promise<string> };

function hangUp(line: Line | undefined): undefined {
  line?.socket.destroy();
  return undefined;
}

/** Posts over an open line; answers the first reply that is no success, or that to the final dot. */
export async function post(line: Line, mail: Omit<Letter, "messageId">): Promise<string> {
  const say = (text: string): Promise<string> => {
    line.socket.write(`${text}\r\n`);
    return line.reply();
  };
  for (const command of [`MAIL FROM:<${mail.from}>`, `RCPT TO:<${mail.to}>`, "DATA"]) {
    const reply = await say(command);
    if (!/^[23]/.test(reply)) {
      if (!reply.startsWith("421")) await say("RSET");
      return reply;
    }
  }
  return say(`${mail.message}\r\n.`);
}

/** Connects and says EHLO; throws when nobody is there. */
export async function openLine(port: number): Promise<Line> {
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  let heard = "";
  let wake: (() => void) | undefined;
  let isGone = false;
  socket.on("data", (chunk) => {
    heard += chunk.toString("latin1");
    wake?.();
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    isGone = true;
    wake?.();
  });
  const reply = async (): Promise<string> => {
    for (;;) {
      const whole = /^(?:\d{3}-[^\n]*\n)*(\d{3} [^\n]*)\n/.exec(heard);
      if (whole) {
        heard = heard.slice(whole[0].length);
        return whole[1]!.trim();
      }
      if (isGone) throw new Error("the connection is gone");
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const greeting = await reply();
  if (!greeting.startsWith("220")) throw new Error(greeting);
  socket.write("EHLO author.test\r\n");
  await reply();
  return { socket, reply };
}
