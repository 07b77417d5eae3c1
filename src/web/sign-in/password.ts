/**
 * Passwords: argon2id (RFC 9106) by Node's own implementation, with the parameters that OWASP asks for at least.
 *
 * One hash takes 19 MB and 45 ms of a core. A flood of tries waits in a short line, and what does not fit into it is
 * turned away: memory stays at two hashes a process, and the mail link works meanwhile.
 */
import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { t } from "../../language/language.ts";
import { COMMON } from "./common-passwords.ts";

export const SHORTEST_PASSWORD = 10;
export const LONGEST_PASSWORD = 200;

const MEMORY_KB = 19_456;
const PASSES = 2;
const KEY_BYTES = 32;
const AT_ONCE = 2;
const IN_LINE = 40;

/** So many tries are under way that this one is not taken. */
export class TooBusy extends Error {}

const waiting: (() => void)[] = [];
let running = 0;

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) {
    if (waiting.length >= IN_LINE) throw new TooBusy("too many passwords at once");
    await new Promise<void>((resolve) => waiting.push(resolve)); // whoever ends hands the place over
  } else running += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

type Cost = { memory: number; passes: number };
const derive = promisify(argon2);

const keyOf = (password: string, nonce: Buffer, { memory, passes }: Cost): Promise<Buffer> =>
  inTurn(async () =>
    Buffer.from(
      await derive("argon2id", {
        message: Buffer.from(password.normalize("NFKC")),
        nonce,
        parallelism: 1,
        tagLength: KEY_BYTES,
        memory,
        passes,
      }),
    ),
  );

/** As PHC strings have it, so that the parameters can grow and old hashes still be read. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const key = await keyOf(password, nonce, { memory: MEMORY_KB, passes: PASSES });
  return `$argon2id$v=19$m=${MEMORY_KB},t=${PASSES},p=1$${plain(nonce)}$${plain(key)}`;
}

export async function isPassword(password: string, hash: string): Promise<boolean> {
  const [, memory, passes, nonce, key] =
    /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=1\$([\w+/]+)\$([\w+/]+)$/.exec(hash) ?? [];
  if (!nonce || !key) return false;
  const expected = Buffer.from(key, "base64");
  const found = await keyOf(password, Buffer.from(nonce, "base64"), {
    memory: Number(memory),
    passes: Number(passes),
  });
  return found.length === expected.length && timingSafeEqual(found, expected);
}

const plain = (bytes: Buffer): string => bytes.toString("base64").replaceAll("=", "");

/**
 * What speaks against a password, in a sentence; undefined for a good one. Nobody else is asked: what is known to be
 * guessed first is a list of ours (common-passwords.ts), and what is made of the person's own name and address is seen.
 */
export function weaknessOf(password: string, own: string[]): string | undefined {
  const plainOne = password.normalize("NFKC").toLowerCase();
  if ([...plainOne].length < SHORTEST_PASSWORD)
    return t`This password is too short: take ten characters or more, such as four words that have nothing to do with each other.`;
  if (password.length > LONGEST_PASSWORD) return t`This password is too long: two hundred characters are enough.`;
  const core = bare(plainOne);
  if (COMMON.has(plainOne) || COMMON.has(core) || isRun(plainOne))
    return t`This password is among the first that are guessed: take four words that have nothing to do with each other.`;
  const parts = own.flatMap((one) => one.toLowerCase().split(/[^\p{L}\p{N}]+/u)).filter((one) => one.length >= 3);
  const rest = parts.reduce((left, part) => left.replaceAll(part, ""), plainOne);
  if (rest !== plainOne && rest.replace(/[^\p{L}\p{N}]/gu, "").length < 6)
    return t`This password is made of your name or address, which others know: take four words that have nothing to do with each other.`;
  return undefined;
}

/** The word in a password such as “P@ssw0rd2024!!”. */
const bare = (password: string): string =>
  password
    .replace(/[^\p{L}]+$/u, "")
    .replace(/^[^\p{L}@$0-9]+/u, "")
    .replaceAll("@", "a")
    .replaceAll("$", "s")
    .replaceAll("0", "o")
    .replaceAll("1", "i")
    .replaceAll("3", "e");

/** Few different characters, or neighbours of the alphabet, the digits or the keyboard one after the other. */
function isRun(password: string): boolean {
  if (new Set(password).size <= 4) return true;
  for (let size = 1; size <= 6 && size <= password.length / 2; size += 1)
    if (password === password.slice(0, size).repeat(password.length).slice(0, password.length)) return true;
  return [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
  ].some((row) => row.includes(password) || [...row].reverse().join("").includes(password));
}
