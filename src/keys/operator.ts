/**
 * The operator's pass to the pages about the service itself.
 *
 * Who can run commands on a machine of ours is an operator, and the web cannot see who that is: requests that a web server
 * passes on come from this machine too. So a command makes a link that is good for a while, and who opens it gets a cookie.
 */
import { DAY, HOUR, MINUTE } from "../kit/clock.ts";
import { openToken, sealToken } from "../mail/token.ts";

const KINDS = { link: "L", cookie: "C", setup: "S" } as const;
const GOOD_FOR = { link: 15 * MINUTE, cookie: 12 * HOUR, setup: DAY };
export type Pass = keyof typeof KINDS;

/** A pass that is good from now on, for 15 minutes as a link, 12 hours as a cookie, a day for setting the service up. */
export function operatorPass(secret: Buffer, kind: Pass, now: Date): string {
  const payload = Buffer.alloc(7);
  payload.write(KINDS[kind]);
  payload.writeUIntBE(now.getTime() + GOOD_FOR[kind], 1, 6);
  return sealToken(secret, "operator", payload);
}

/** Is this a pass of ours that is still good? */
export function isOperatorPass(secret: Buffer, kind: Pass, pass: string, now: Date): boolean {
  const payload = openToken(secret, "operator", pass);
  return (
    payload?.length === 7 &&
    payload.toString("latin1", 0, 1) === KINDS[kind] &&
    now.getTime() < payload.readUIntBE(1, 6)
  );
}

/** Where whoever holds the link becomes the first operator. */
export const setupLink = (url: string, secret: Buffer, now: Date): string =>
  `${url}/setup/${operatorPass(secret, "setup", now)}`;
