// Mends a fault of the `postgres` driver (3.4.9) after installation: a statement sent on a connection that has just
// closed is written to a socket that is no more, in a callback nobody can catch, and ends the process. A database that
// restarts would so take every worker with it. Why a patch: docs/decisions/0008-a-patched-driver.md
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const file = fileURLToPath(new URL("../node_modules/postgres/src/connection.js", import.meta.url));
const MENDS = [
  [
    "      return queryError(q, Errors.connection('CONNECTION_DESTROYED', options))\n\n    if (stream)",
    "      return queryError(q, Errors.connection('CONNECTION_DESTROYED', options))\n\n    if (!socket)\n      return queryError(q, Errors.connection('CONNECTION_CLOSED', options))\n\n    if (stream)",
  ],
  [
    "    clearImmediate(nextWriteTimer)\n    socket.removeListener('data', data)\n    socket.removeListener('connect', connected)\n    idleTimer.cancel()",
    "    clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null\n    socket.removeListener('data', data)\n    socket.removeListener('connect', connected)\n    idleTimer.cancel()",
  ],
];

let text = readFileSync(file, "utf8");
for (const [before, after] of MENDS) {
  if (text.includes(after)) continue;
  if (!text.includes(before)) {
    console.error(`${file} is not the version this mends: see docs/decisions/0008-a-patched-driver.md`);
    process.exit(1);
  }
  text = text.replace(before, after);
}
writeFileSync(file, text);
