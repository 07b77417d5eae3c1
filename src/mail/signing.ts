/**
 * The signature itself: RSA-2048 is a quarter of a millisecond of one core, more than all else that a copy costs.
 *
 * So it is not made on the thread that speaks SMTP. `signSoon` hands it to libuv's threads (the supervisor gives a
 * worker as many as there are cores), which costs this thread 15 µs a signature; threads of JavaScript with eight
 * signatures a message cost it 4 µs, but ten megabytes each. The same threads look up names and unpack posts, so only
 * some are handed over at a time: who comes behind them waits for milliseconds, not for a whole fan-out.
 */
import { hash, type KeyObject, sign } from "node:crypto";

export type SigningKey = { algorithm: "rsa-sha256" | "ed25519-sha256"; privateKey: KeyObject };

/** Enough that the threads have work while this one is busy for some milliseconds. */
const AT_ONCE = 32;

let handedOver = 0;
const waiting: (() => void)[] = [];

/** RSA over the bytes, or Ed25519 over their SHA-256 (RFC 8463 3), in base64; made on another core. */
export function signSoon(key: SigningKey, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const begin = (): void => {
      handedOver += 1;
      sign(...operation(key, bytes), (error, signature) => {
        handedOver -= 1;
        waiting.shift()?.();
        if (error) reject(error);
        else resolve(signature.toString("base64"));
      });
    };
    if (handedOver < AT_ONCE) begin();
    else waiting.push(begin);
  });
}

function operation(key: SigningKey, bytes: Buffer): [algorithm: string | null, data: Buffer, key: KeyObject] {
  return key.algorithm === "rsa-sha256"
    ? ["sha256", bytes, key.privateKey]
    : [null, hash("sha256", bytes, "buffer"), key.privateKey];
}
