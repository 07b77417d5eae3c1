/**
 * Odd far sides as scripts: test/dialogs/outbound/*.smtp.
 *
 * At the top stands what is sent and what must come of it, below what the server says and hears:
 *
 *     mail ana@far.test ben@far.test     one mail to these; several lines are handed over at once
 *     text 3000000                       the mail is made so long, in bytes
 *     timeouts dot=50                    in milliseconds, instead of the usual ones
 *     expect ana@far.test later 452 4.2.2 mailbox full       kind, code, status ("-" for none), beginning of the text
 *     expect ana@far.test later lost 0 4.4.2                 the outcome is unknown: the dot's reply was lost
 *     expect closed later 554 5.7.1      no connection came about
 *     expect open | expect broken        the connection afterwards
 *     connection                         what follows happens on the (next) connection
 *     s -> 250 ok                        the server says a line
 *     s <- MAIL FROM:                    the server hears a line that begins so
 *     s <. Subject: Tea                  the server hears a text to its dot, beginning so
 *     s <# 100000                        the server hears so many bytes of a text
 *     s gone                             the server hears nothing more: the client hangs up
 *     s ~> 250 o\r\n250                  the server says these bytes, \xNN for one that is no letter
 *     s ~raw> HELLO                      the same, beneath the TLS
 *     s tls                              the server takes the client's handshake
 *     s drip 5 250 ok                    says the line a byte at a time, that many milliseconds apart
 *     s flood 1000000 250-x              says the line over and over until so many bytes are out
 *     s gush 1000000                     says so many bytes without a line end
 *     s hush 20                          waits
 *     s sip 5                            from here on takes what it is sent a piece at a time, a pause before each
 *     s deaf                             from here on takes nothing it is sent
 *     s close | s reset                  ends the connection, politely or not
 */
import { createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { createSecureContext, TLSSocket } from "node:tls";
import { TEST_CERTIFICATE } from "./certificate.ts";

export type Dialog = {
  mails: string[][];
  textBytes: number;
  timeouts: Record<string, number>;
  expectations: { who: string; words: string[] }[];
  connections: string[][];
};

export function readDialog(text: string): Dialog {
  const dialog: Dialog = { mails: [], textBytes: 0, timeouts: {}, expectations: [], connections: [] };
  for (const line of text.split("\n")) {
    const [verb = "", ...words] = line.trim().split(/ +/);
    if (verb === "" || verb.startsWith("#")) continue;
    if (verb === "mail") dialog.mails.push(words);
    else if (verb === "text") dialog.textBytes = Number(words[0]);
    else if (verb === "expect") dialog.expectations.push({ who: words[0]!, words: words.slice(1) });
    else if (verb === "timeouts")
      for (const word of words) dialog.timeouts[word.split("=")[0]!] = Number(word.split("=")[1]);
    else if (verb === "connection") dialog.connections.push([]);
    else if (verb === "s") dialog.connections.at(-1)!.push(line.trim().slice(2));
    else throw new Error(`a dialog script cannot say "${line}"`);
  }
  return dialog;
}

export type Playing = {
  port: number;
  /** Where the client did not follow the script; empty when all was as written. */
  faults(): string[];
  close(): Promise<void>;
};

/** Plays the server's part on the loopback; a connection beyond the script is cut and counts as a fault. */
export async function playDialog(dialog: Dialog): Promise<Playing> {
  const faults: string[] = [];
  const unheard = dialog.connections.map((steps) => steps.filter((step) => step.startsWith("<")));
  const open = new Set<Socket>();
  let count = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => open.delete(socket));
    const number = count++;
    const steps = dialog.connections[number];
    if (steps) play(socket, steps, unheard[number]!).catch((error: Error) => faults.push(error.message));
    else {
      faults.push("there was one connection more than in the script");
      socket.destroy();
    }
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    port: (server.address() as { port: number }).port,
    faults: () => [...faults, ...unheard.flat().map((step) => `never heard: ${step}`)],
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a far side in the middle of a script was given to the last dot, whatever it said to it. */
export type Overheard = { to: string[]; raw: string };

/**
 * One connection of a script, played to a whole node: addresses and texts are the node's own, and where the node does not
 * follow the script the line is cut.
 */
export async function lie(socket: Socket, steps: readonly string[], hear: (mail: Overheard) => void): Promise<void> {
  const loose = steps.map((step) =>
    step.replace(/^(<- (?:EHLO|HELO|MAIL FROM:|RCPT TO:)).*/, "$1").replace(/^<\. Subject: .*/, "<."),
  );
  let to: string[] = [];
  const take = (said: string): void => {
    if (/^MAIL /i.test(said)) to = [];
    else if (/^RCPT /i.test(said)) to.push(/<(.*)>/.exec(said)?.[1] ?? "");
    else if (said.endsWith("\r\n.\r\n")) hear({ to, raw: said });
  };
  await play(socket, loose, [...loose.filter((step) => step.startsWith("<"))], take).catch(() => socket.destroy());
}

async function play(
  raw: Socket,
  steps: readonly string[],
  unheard: string[],
  hear: (said: string) => void = () => undefined,
): Promise<void> {
  let socket = raw;
  let ear = listenTo(socket);
  for (const step of steps) {
    const [sign = "", ...rest] = step.split(" ");
    const words = rest.join(" ");
    if (sign === "<#") {
      if (!(await ear.bytes(Number(words)))) return;
      unheard.shift();
    } else if (sign.startsWith("<")) {
      const heard = await ear.until(sign === "<." ? "\r\n.\r\n" : "\r\n");
      if (heard === undefined) return;
      if (!heard.startsWith(words))
        throw new Error(`heard ${JSON.stringify(heard.slice(0, 80))} instead of "${words}"`);
      hear(heard);
      unheard.shift();
    } else if (sign === "gone") {
      const heard = await ear.until("\n");
      if (heard !== undefined) throw new Error(`heard ${JSON.stringify(heard.slice(0, 80))} instead of nothing more`);
    } else if (sign === "sip") ear.sip(Number(words));
    else if (sign === "deaf") ear.sip(Number.POSITIVE_INFINITY);
    else if (sign === "tls") {
      socket.removeAllListeners("data");
      socket = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(TEST_CERTIFICATE) });
      socket.on("error", () => undefined);
      ear = listenTo(socket);
    } else await act(sign === "~raw>" ? raw : socket, sign === "~raw>" ? "~>" : sign, words);
  }
}

async function act(socket: Socket, sign: string, words: string): Promise<void> {
  const [number = "", line = ""] = /^(\d+) ?(.*)$/.exec(words)?.slice(1) ?? [];
  switch (sign) {
    case "->":
      socket.write(`${words}\r\n`);
      return;
    case "~>":
      socket.write(bytesOf(words));
      return;
    case "drip":
      for (const byte of `${line}\r\n`) {
        if (socket.destroyed) return;
        socket.write(byte);
        await pause(Number(number));
      }
      return;
    case "flood":
      for (let out = 0; out < Number(number) && !socket.destroyed; out += line.length + 2) socket.write(`${line}\r\n`);
      return;
    case "gush":
      socket.write("x".repeat(Number(number)));
      return;
    case "hush":
      await pause(Number(number));
      return;
    case "close":
      socket.end();
      return;
    case "reset":
      socket.resetAndDestroy();
      return;
    default:
      throw new Error(`a dialog script cannot do "${sign} ${words}"`);
  }
}

const bytesOf = (words: string): Buffer =>
  Buffer.from(
    words
      .replaceAll("\\r", "\r")
      .replaceAll("\\n", "\n")
      .replaceAll("\\0", "\0")
      .replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );

type Ear = {
  /** What the client says, up to an ending; undefined when it hung up before. */
  until(ending: string): Promise<string | undefined>;
  /** Takes so many bytes; false when the client hung up before. */
  bytes(count: number): Promise<boolean>;
  /** From now on a pause before each piece. */
  sip(ms: number): void;
};

function listenTo(socket: Socket): Ear {
  let heard = "";
  let over = false;
  let sipMs = 0;
  let wake = (): void => undefined;
  socket.on("data", (chunk) => {
    heard += chunk.toString("latin1");
    wake();
    if (sipMs === 0) return;
    socket.pause();
    if (sipMs < Number.POSITIVE_INFINITY) setTimeout(() => socket.resume(), sipMs);
  });
  socket.on("close", () => {
    over = true;
    wake();
  });
  const more = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  return {
    until: async (ending) => {
      // A text that is a lone dot has no line end of its own before it.
      const lone = ending.length > 2 ? ending.slice(2) : ending;
      for (let searched = 0; ; ) {
        const at = heard.startsWith(lone) ? 0 : heard.indexOf(ending, searched);
        if (at >= 0) {
          const end = at + (heard.startsWith(lone) ? lone : ending).length;
          const said = heard.slice(0, end);
          heard = heard.slice(end);
          return said;
        }
        if (over) return undefined;
        searched = Math.max(0, heard.length - ending.length);
        await more();
      }
    },
    bytes: async (count) => {
      while (heard.length < count && !over) await more();
      heard = heard.slice(count);
      return !over;
    },
    sip: (ms) => {
      sipMs = ms;
      if (ms === Number.POSITIVE_INFINITY) socket.pause();
    },
  };
}
