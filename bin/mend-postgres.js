// Mends faults of the `postgres` driver (3.4.9) after installation, each met when a connection is lost under work: the
// process ends by an exception nobody can catch, a statement is never answered, or what is left of a lost transaction
// runs on a connection that meanwhile serves somebody else. Each mend says which. Why a patch and how it is shown:
// docs/decisions/0008-a-patched-driver.md
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const MENDS = [
  {
    what: "a statement for a closed connection is rejected, instead of written to a socket that is no more",
    file: "connection.js",
    before: "      return queryError(q, Errors.connection('CONNECTION_DESTROYED', options))\n\n    if (stream)",
    after:
      "      return queryError(q, Errors.connection('CONNECTION_DESTROYED', options))\n\n    if (!socket) {\n" +
      "      queryError(q, Errors.connection('CONNECTION_CLOSED', options))\n" +
      "      return true // else the pool takes the closed connection for a full one, for ever\n    }\n\n    if (stream)",
  },
  {
    what: "bytes that waited for the closed socket are forgotten, instead of sent ahead of the next one's greeting",
    file: "connection.js",
    before:
      "    clearImmediate(nextWriteTimer)\n    socket.removeListener('data', data)\n    socket.removeListener('connect', connected)\n    idleTimer.cancel()",
    after:
      "    clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null\n    socket.removeListener('data', data)\n    socket.removeListener('connect', connected)\n    idleTimer.cancel()",
  },
  {
    what: "array types that could not be learned are asked for again, instead of rejecting a promise nobody holds",
    file: "connection.js",
    before: "        return fetchArrayTypes()\n      }\n\n      initial && !initial.reserve",
    after: "        return fetchArrayTypes().catch(() => { needsTypes = true })\n      }\n\n      initial && !initial.reserve",
  },
  {
    what: "a statement sent between a socket's error and its close is rejected, instead of never answered",
    file: "connection.js",
    before: "    !hadError && (query || sent.length) && error(Errors",
    after: "    ;(query || sent.length) && error(Errors",
  },
  {
    what: "the next connection begins without the lost one's statement, else a refusal is taken for that one's, for ever",
    file: "connection.js",
    before: "    closedTime = performance.now()\n    hadError",
    after: "    query = results = errorResponse = null\n    closedTime = performance.now()\n    hadError",
  },
  {
    what: "a connection cut while it learns the array types forgets that question, instead of connecting again for ever",
    file: "connection.js",
    before: "    socket = null\n\n    if (initial)\n      return reconnect()\n",
    after:
      "    socket = null\n\n    if (initial) {\n" +
      "      query && queryError(query, Errors.connection('CONNECTION_CLOSED', options))\n" +
      "      query = errorResponse = null\n      return reconnect()\n    }\n",
  },
  {
    what: "a transaction knows that its connection was lost …",
    file: "index.js",
    before: "        new Promise((_, reject) => connection.onclose = reject)\n",
    after: "        new Promise((_, reject) => connection.onclose = e => { lost = e; reject(e) })\n",
  },
  {
    what: "… where it keeps that,",
    file: "index.js",
    before: "      , connection\n      , prepare = null\n",
    after: "      , connection\n      , lost\n      , prepare = null\n",
  },
  {
    what: "… and says no more on it: its rollback would be the next user's",
    file: "index.js",
    before: "        q.catch(e => uncaughtError || (uncaughtError = e))\n        c.queue === full",
    after: "        q.catch(e => uncaughtError || (uncaughtError = e))\n        if (lost) return q.reject(lost)\n        c.queue === full",
  },
];

for (const { what, file, before, after } of MENDS) {
  const path = fileURLToPath(new URL(`../node_modules/postgres/src/${file}`, import.meta.url));
  const text = readFileSync(path, "utf8");
  if (text.includes(after)) continue; // mended already
  if (text.split(before).length !== 2) {
    console.error(`${path} is not the version this mends (${what}): see docs/decisions/0008-a-patched-driver.md`);
    process.exit(1);
  }
  writeFileSync(path, text.replace(before, after));
}
