/**
 * Delivery status reports (RFC 3464, RFC 6533): a block of fields for the report, then one for each recipient.
 *
 * Blank lines part the blocks, but not everybody sets them where they belong: a second Final-Recipient begins a new block
 * too, and a block without a recipient tells about the one before it.
 */
import { addressesIn } from "./addresses.ts";

export type Reported = {
  /** Lower-case; "" where the report names none that could be an address. */
  address: string;
  /** Other addresses of the same recipient: as it was written to, or as it was expanded. */
  aliases: string[];
  action: string;
  status: string;
  /** In the far side's own words. */
  said: string;
};

type Block = Map<string, string>;

const MOST_RECIPIENTS = 1000;
const LONGEST_VALUE = 4000;
/** As we had written it is how we know it; RFC 3464 2.3.1. */
const NAMES = ["original-recipient", "final-recipient", "x-actual-recipient"];

export function readStatuses(texts: readonly string[]): Reported[] {
  const blocks = texts.flatMap((text) => blocksOf(text));
  return blocks.slice(0, MOST_RECIPIENTS).map(toReported);
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let block: Block = new Map();
  let last = "";
  const close = (): void => {
    last = "";
    if (NAMES.some((name) => block.has(name))) blocks.push(block);
    else if (blocks.length > 0 && !block.has("reporting-mta"))
      for (const [name, value] of block) if (!blocks.at(-1)!.has(name)) blocks.at(-1)!.set(name, value);
    block = new Map();
  };
  for (const line of text.split("\n")) {
    if (line.trim() === "") {
      close();
      continue;
    }
    const [, name, value] = /^([A-Za-z][A-Za-z0-9-]{1,40})\s*:\s*(.*)$/.exec(line.slice(0, LONGEST_VALUE)) ?? [];
    if (name === undefined || value === undefined) {
      const before = block.get(last);
      if (before !== undefined && before.length < LONGEST_VALUE)
        block.set(last, `${before} ${line.trim()}`.slice(0, LONGEST_VALUE));
      continue;
    }
    const key = name.toLowerCase();
    if (block.has(key) && (key === "final-recipient" || (key === "original-recipient" && block.has("final-recipient"))))
      close();
    last = key;
    if (!block.has(key)) block.set(key, value);
  }
  close();
  return blocks;
}

function toReported(block: Block): Reported {
  const addresses = NAMES.map((name) => addressOf(block.get(name) ?? "")).filter((address) => address !== "");
  // an address that only the far side's own host could know ("ana@ims_daemon") is no name for anybody
  const [address = "", ...others] = [...new Set(addresses)].sort((a, b) => Number(isLocal(a)) - Number(isLocal(b)));
  return {
    address,
    aliases: others,
    action: /^[a-z]+/.exec((block.get("action") ?? "").toLowerCase())?.[0] ?? "",
    status: /\b([245]\.\d{1,3}\.\d{1,3})\b/.exec(block.get("status") ?? "")?.[1] ?? "",
    said: words(block.get("diagnostic-code")) || words(block.get("x-supplementary-info")),
  };
}

/** RFC 3464 2.3.1: "rfc822; ana@far.test"; RFC 6533 3: "utf-8; j\x{FC}rgen@far.test". */
function addressOf(value: string): string {
  const text = value.replace(/\\x\{([0-9a-f]{1,6})\}/gi, (written, hex: string) => {
    const code = Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : written;
  });
  return addressesIn(text)[0]?.address ?? "";
}

const isLocal = (address: string): boolean => !address.slice(address.lastIndexOf("@")).includes(".");

const words = (value: string | undefined): string => (value ?? "").replace(/^\s*[\w-]{1,20}\s*;\s*/, "").trim();
