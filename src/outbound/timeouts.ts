/**
 * How long we wait for the far side, as data: RFC 5321 4.5.3.2 to the letter where it speaks, Postfix's habit where not.
 *
 * A wait is for a whole reply, counted from the moment it was the next one due: bytes that drip in do not lengthen it.
 */
import { HOUR, MINUTE, SECOND } from "../kit/clock.ts";

/** All in milliseconds. */
export type Timeouts = {
  /** Until the TCP connection stands. */
  connect: number;
  greeting: number;
  /** EHLO, HELO and STARTTLS. */
  hello: number;
  /** The TLS handshake. */
  handshake: number;
  mail: number;
  rcpt: number;
  data: number;
  /** Until the far side has taken one block of the message from us. */
  block: number;
  dot: number;
  /** One mail from its MAIL to its dot, however patiently each step is drawn out. After the dot only `dot` counts. */
  transaction: number;
  reset: number;
  quit: number;
};

export const rfcTimeouts: Timeouts = {
  connect: 30 * SECOND,
  greeting: 5 * MINUTE,
  hello: 5 * MINUTE,
  handshake: 1 * MINUTE,
  mail: 5 * MINUTE,
  rcpt: 5 * MINUTE,
  data: 2 * MINUTE,
  block: 3 * MINUTE,
  dot: 10 * MINUTE,
  transaction: 1 * HOUR,
  reset: 20 * SECOND,
  quit: 5 * SECOND,
};
