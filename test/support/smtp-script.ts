/**
 * Plays an SMTP conversation written down in a file, as in chasquid's tests.
 *
 *     c connect              opens a connection called c (any one letter)
 *     c -> EHLO far.test     sends a line and its CR LF
 *     c ~> 'a\n' * 3 + 'b'   sends just these bytes; strings take \r \n \t \\ \' \0 \xNN
 *     c <- 250 2.0.0         the next reply (all its lines read) must begin so in its last line
 *     c <~ 25[02]            … must match this expression at the beginning of one of its lines
 *     c starttls             becomes a TLS client
 *     c half-close           sends its FIN and still listens
 *     c closed               the server has ended the connection
 *     c close                goes away
 *     house kept 1           anything else that the test behind it understands
 *     # …                    a remark
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as secure } from "node:tls";

export type Line = { number: number; who: string; what: string; rest: string };

/** The lines of a script that do something. */
export function readScript(text: string): Line[] {
  return text.split("\n").flatMap((line, i) => {
    if (/^\s*(?:#|$)/.test(line)) return [];
    const [, who, what = "", rest = ""] = /^(\S+)\s+(\S+) ?(.*)$/.exec(line) ?? [];
    assert.ok(who, `line ${i + 1} of the script makes no sense: ${line}`);
    return [{ number: i + 1, who, what, rest }];
  });
}

export type Stage = {
  /** Where `connect` leads; asked when the first connection is opened. */
  port(): Promise<number>;
  /** Lines whose first word is not the letter of a connection. */
  house(what: string, rest: string): Promise<void>;
  /** How a reply is compared; default: as written. */
  compare?(what: string, expected: string, reply: string[]): void;
};

const WAIT_MS = 20_000;

/** Plays the lines one after another; rejects at the first that does not come true, naming it. */
export async function play(script: Line[], stage: Stage): Promise<void> {
  const far = new Map<string, FarClient>();
  try {
    for (const line of script) {
      try {
        await act(line, far, stage);
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        throw new Error(`line ${line.number} (${line.who} ${line.what} ${line.rest.slice(0, 80)}): ${said}`, {
          cause: error,
        });
      }
    }
  } finally {
    for (const client of far.values()) client.leave();
  }
}

async function act({ who, what, rest }: Line, far: Map<string, FarClient>, stage: Stage): Promise<void> {
  if (who.length > 1) return stage.house(what, rest);
  if (what === "connect" || what === "tcp_connect") {
    far.get(who)?.leave();
    far.set(who, await farClient(await stage.port()));
    return;
  }
  const client = far.get(who);
  assert.ok(client, `${who} is not connected`);
  switch (what) {
    case "->":
      return client.send(Buffer.from(`${rest}\r\n`));
    case "~>":
      return client.send(bytesOf(rest));
    case "<-":
    case "<~":
    case "<...":
      return (stage.compare ?? compareAsWritten)(what, rest, await client.reply());
    case "starttls":
      return client.starttls();
    case "half-close":
      return client.halfClose();
    case "closed":
      return client.closed();
    case "close":
      return client.leave();
    default:
      assert.fail(`"${what}" is not known`);
  }
}

export function compareAsWritten(what: string, expected: string, reply: string[]): void {
  const isSo =
    what === "<-"
      ? reply.at(-1)?.startsWith(expected)
      : reply.some((line) => new RegExp(`^(?:${expected})`).test(line));
  assert.ok(isSo, `the reply was ${JSON.stringify(reply)}`);
}

type FarClient = {
  send(bytes: Buffer): void;
  /** The lines of the next reply. */
  reply(): Promise<string[]>;
  starttls(): Promise<void>;
  halfClose(): void;
  closed(): Promise<void>;
  leave(): void;
};

async function farClient(port: number): Promise<FarClient> {
  let socket: Socket = connect({ host: "127.0.0.1", port, noDelay: true });
  let heard = "";
  let isOver = false;
  let wake = (): void => undefined;
  const listen = (): void => {
    socket.on("data", (chunk: Buffer) => {
      heard += chunk.toString("latin1");
      wake();
    });
    socket.on("error", () => undefined);
    socket.on("close", over);
    socket.on("end", over);
  };
  const over = (): void => {
    isOver = true;
    wake();
  };
  const change = async (): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      wake = resolve;
      timer = setTimeout(() => reject(new Error(`nothing came for ${WAIT_MS / 1000} s`)), WAIT_MS);
    }).finally(() => clearTimeout(timer));
  };
  listen();
  await once(socket, "connect");
  return {
    send: (bytes) => void socket.write(bytes),
    async reply() {
      for (;;) {
        const found = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(heard);
        if (found) {
          heard = heard.slice(found[0].length);
          return found[0].trimEnd().split("\r\n");
        }
        assert.ok(!isOver, `the server ended the connection; it had said ${JSON.stringify(heard)}`);
        await change();
      }
    },
    async starttls() {
      socket.removeAllListeners();
      const secured = secure({ socket, rejectUnauthorized: false });
      socket = secured;
      listen();
      await once(secured, "secureConnect");
    },
    halfClose: () => void socket.end(),
    async closed() {
      while (!isOver) await change();
      assert.equal(heard, "", "the server had said more");
    },
    leave: () => void socket.destroy(),
  };
}

/** The value of an expression of quoted strings, +, * and parentheses. */
export function bytesOf(expression: string): Buffer {
  const tokens = expression.match(/'(?:[^'\\]|\\.)*'|\d+|[+*()]/g) ?? [];
  let at = 0;
  const sum = (): Buffer => {
    let value = product();
    while (tokens[at] === "+") {
      at += 1;
      value = Buffer.concat([value, product()]);
    }
    return value;
  };
  const product = (): Buffer => {
    let value = atom();
    while (tokens[at] === "*") {
      value = Buffer.concat(Array<Buffer>(Number(tokens[at + 1])).fill(value));
      at += 2;
    }
    return value;
  };
  const atom = (): Buffer => {
    const token = tokens[at] ?? "";
    at += 1;
    if (token === "(") {
      const value = sum();
      assert.equal(tokens[at], ")", "a parenthesis is not closed");
      at += 1;
      return value;
    }
    assert.match(token, /^'/, `a string was expected in ${expression.slice(0, 80)}`);
    return unescaped(token.slice(1, -1));
  };
  const value = sum();
  assert.equal(at, tokens.length, `too much in ${expression.slice(0, 80)}`);
  return value;
}

function unescaped(text: string): Buffer {
  const letters: Record<string, string> = { r: "\r", n: "\n", t: "\t", "0": "\0" };
  const parts = text.split(/(\\x[0-9a-fA-F]{2}|\\.)/).map((part, i) => {
    if (i % 2 === 0) return Buffer.from(part);
    if (part.startsWith("\\x") && part.length === 4) return Buffer.from([Number.parseInt(part.slice(2), 16)]);
    return Buffer.from(letters[part[1]!] ?? part[1]!);
  });
  return Buffer.concat(parts);
}
