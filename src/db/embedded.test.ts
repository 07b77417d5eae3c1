import assert from "node:assert/strict";
import test from "node:test";
import postgres from "postgres";
import { testServer } from "../../test/support/server.ts";

test("the embedded database is PostgreSQL 18 in UTF-8, sorting by code point, with page checksums", async () => {
  const sql = postgres({ ...testServer(), max: 1 });
  try {
    const [row] = await sql`
      select current_setting('server_version_num')::int / 10000 as major, current_setting('server_encoding') as encoding,
        current_setting('data_checksums') as checksums, current_setting('listen_addresses') as addresses,
        'Z' < 'a' as "byCode", upper('ä') = 'Ä' as "knowsCase"`;
    assert.deepEqual(
      { ...row },
      { major: 18, encoding: "UTF8", checksums: "on", addresses: "", byCode: true, knowsCase: true },
    );
  } finally {
    await sql.end();
  }
});
