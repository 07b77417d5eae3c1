/** An intake with a house behind it that is only memory, for tests: groups by name, a database that can be away. */
import assert from "node:assert/strict";
import { zstdDecompressSync } from "node:zlib";
import { Registry } from "prom-client";
import { type IncomingMail, type Intake, type IntakeOptions, startIntake } from "../../src/intake/intake.ts";
import { type HeldClock, heldClock } from "../../src/kit/clock.ts";
import { silent } from "../../src/kit/log.ts";
import { TEST_CERTIFICATE } from "./certificate.ts";

export type House = {
  intake: Intake;
  port: number;
  clock: HeldClock;
  /** Mails put, in order, with their whole text. */
  kept: (IncomingMail & { text: string })[];
  pieces: Map<string, Buffer[]>;
  /** What `accepts`, `put` and `putPiece` reject with; undefined: all is well. */
  trouble: (Error & { code?: string }) | undefined;
};

export const trouble = (code: string): Error => Object.assign(new Error(`trouble of the test: ${code}`), { code });

/** The group `readers` takes mail, `shelf` small ones, `attic` is closed; the domain is house.test, mails may be 1 MiB long. */
export async function startHouse(options: Partial<IntakeOptions> = {}): Promise<House> {
  const clock = heldClock(new Date("2002-01-14T09:00:00Z"));
  const kept: House["kept"] = [];
  const pieces: House["pieces"] = new Map();
  const check = (): void => {
    if (house.trouble) throw house.trouble;
  };
  const intake = await startIntake({
    listen: [{ host: "127.0.0.1", port: 0 }],
    domain: "house.test",
    hostname: "mx.house.test",
    sizeLimitBytes: 1024 * 1024,
    tls: TEST_CERTIFICATE,
    proxyProtocol: false,
    maxConnections: 100,
    maxConnectionsPerAddress: 100,
    batch: { mails: 100, bytes: 1024 * 1024, inFlight: 1 },
    keptText: (id) => `Kept as ${id}; follow it at http://house.test/mail/${id}`,
    registry: new Registry(),
    clock,
    log: silent,
    doors: {
      async accepts(address) {
        check();
        if (address.startsWith("reader")) return "yes";
        if (address.startsWith("shelf@")) return { mostBytes: 10_000 };
        return address.startsWith("attic@") ? "closed" : "unknown";
      },
      async put(mails) {
        check();
        for (const mail of mails) {
          const parts = [...(pieces.get(mail.id) ?? []), mail.raw];
          assert.equal(mail.chunked, parts.length > 1);
          kept.push({ ...mail, text: zstdDecompressSync(Buffer.concat(parts)).toString("latin1") });
        }
      },
      async putPiece(id, index, piece) {
        check();
        const before = pieces.get(id) ?? [];
        assert.equal(index, before.length);
        pieces.set(id, [...before, piece]);
      },
    },
    ...options,
  });
  const house: House = { intake, port: intake.ports[0]!, clock, kept, pieces, trouble: undefined };
  return house;
}
