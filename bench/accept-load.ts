/**
 * A load of mail: many SMTP connections, each sending one mail after another as fast as the answers come.
 *
 * MAIL, RCPT and DATA go in one write where the far side offers PIPELINING (as a busy MTA does), the message in a second
 * one. The latency of a mail is from its MAIL command to the answer to its final dot.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { elapsed, SECOND } from "../src/kit/clock.ts";

export type Load = {
  host: string;
  port: number;
  connections: number;
  mails: number;
  /** Size of each message, header included. */
  bytes: number;
  /** The recipient of the n-th mail. */
  rcpt: (n: number) => string;
  /** Wait for each answer before the next command, as an old client does (default: pipeline). */
  pipelining?: boolean;
  /** LHLO for a far side that speaks LMTP (default: EHLO). */
  hello?: string;
  /** Behind the sender in MAIL, such as " XVERP". */
  parameters?: string;
  /** Makes the n-th message (CRLF lines, dots already doubled, without the final dot); default: text of `bytes` bytes. */
  message?: (n: number) => string;
};

/** `refused` counts mails that did not end in a 250; latencies in milliseconds. */
export type LoadResult = { perSecond: number; p50: number; p99: number; kept: number; refused: number };

export async function inject(load: Load): Promise<LoadResult> {
  const latencies: number[] = [];
  let next = 0;
  let refused = 0;
  const message = load.message ?? plainMessages(load.bytes);
  const sender = async (): Promise<void> => {
    const line = await open(load.host, load.port);
    await line.say(`${load.hello ?? "EHLO"} load.test\r\n`, 1);
    while (next < load.mails) {
      const n = next;
      next += 1;
      const start = elapsed();
      const commands = [
        `MAIL FROM:<load@load.test>${load.parameters ?? ""}\r\n`,
        `RCPT TO:<${load.rcpt(n)}>\r\n`,
        "DATA\r\n",
      ];
      const answers =
        load.pipelining === false ? await oneByOne(line, commands) : await line.say(commands.join(""), commands.length);
      const [kept] = answers.at(-1) === "354" ? await line.say(`${message(n)}.\r\n`, 1) : await line.say("RSET\r\n", 1);
      if (kept === "250" && answers.at(-1) === "354") latencies.push(elapsed() - start);
      else refused += 1;
    }
    line.close();
  };
  const start = elapsed();
  await Promise.all(Array.from({ length: load.connections }, sender));
  const took = elapsed() - start;
  latencies.sort((a, b) => a - b);
  const at = (part: number): number => latencies[Math.floor((latencies.length - 1) * part)] ?? Number.NaN;
  return {
    perSecond: (latencies.length / took) * SECOND,
    p50: at(0.5),
    p99: at(0.99),
    kept: latencies.length,
    refused,
  };
}

type Line = { say(text: string, answers: number): Promise<string[]>; close(): void };

async function oneByOne(line: Line, commands: string[]): Promise<string[]> {
  const answers: string[] = [];
  for (const command of commands) answers.push(...(await line.say(command, 1)));
  return answers;
}

/** Opens a connection and waits for its greeting; `say` resolves with the codes of the next `answers` replies. */
async function open(host: string, port: number): Promise<Line> {
  const socket = connect({ host, port, noDelay: true });
  const replies = replyReader(socket);
  await once(socket, "connect");
  await replies(1);
  return {
    say: (text, answers) => {
      socket.write(text, "latin1");
      return replies(answers);
    },
    close: () => socket.end("QUIT\r\n"),
  };
}

function replyReader(socket: Socket): (count: number) => Promise<string[]> {
  let rest = "";
  let codes: string[] = [];
  let wanted = 0;
  let answer: ((codes: string[]) => void) | undefined;
  let fail: ((error: Error) => void) | undefined;
  const give = (): void => {
    if (!answer || codes.length < wanted) return;
    const done = answer;
    answer = undefined;
    const taken = codes;
    codes = [];
    done(taken);
  };
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    const lines = (rest + text).split("\r\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line[3] !== "-") codes.push(line.slice(0, 3));
    give();
  });
  socket.on("error", (error) => fail?.(error));
  socket.on("close", () => fail?.(new Error("the far side closed the connection under load")));
  return (count) =>
    new Promise((resolve, reject) => {
      wanted = count;
      answer = resolve;
      fail = reject;
      give();
    });
}

/** Messages like real text: compressible, no two alike in Message-ID and Subject. */
function plainMessages(bytes: number): (n: number) => string {
  const words = "the group meets on thursday evening and everybody brings what was asked for last time ".repeat(2);
  let body = "";
  for (let i = 0; body.length < bytes; i += 1) {
    body += `${((i * 2654435761) >>> 0).toString(36)} ${words.slice(i % 80, (i % 80) + 60)}\r\n`;
  }
  return (n) => {
    const head =
      `From: Load <load@load.test>\r\nTo: group@test\r\nSubject: Load ${n}\r\n` +
      `Message-ID: <${n}.${Math.random().toString(36).slice(2)}@load.test>\r\n` +
      `Date: Mon, 14 Jan 2002 09:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n`;
    return `${head + body.slice(0, Math.max(0, bytes - head.length - 2))}\r\n`;
  };
}
