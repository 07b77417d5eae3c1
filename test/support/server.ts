/** The PostgreSQL that the test runner (test/run.ts) started; tests clone their own database on it. */
import type { Connection } from "../../src/db/embedded.ts";

export const TEST_DATABASE = "TEST_DATABASE";

/** How to reach the test server; throws a sentence when the tests were not started by `npm test`. */
export function testServer(): Connection {
  const connection = process.env[TEST_DATABASE];
  if (!connection) throw new Error(`This test needs PostgreSQL: run it with "npm test -- ${process.argv[1] ?? ""}"`);
  return JSON.parse(connection) as Connection;
}
