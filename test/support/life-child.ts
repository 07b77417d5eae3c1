/** A process that takes steps in a group's life over and over until it is killed: `rename` there and back, or `tend` (chores). */
import { tendGroups } from "../../src/chores/groups.ts";
import { openPool, type Target, transact } from "../../src/db/sql.ts";
import * as directory from "../../src/directory/directory.ts";
import { heldClock } from "../../src/kit/clock.ts";
import { silent } from "../../src/kit/log.ts";
import * as life from "../../src/life/life.ts";

const [what, target, now, groupId] = process.argv.slice(2);
const pool = openPool(JSON.parse(target!) as Target, { max: 2 });
const clock = heldClock(new Date(now!));
const means = { domain: "groups.test", url: "http://groups.test", clock };
if (what === "tend") process.stdout.write("begun\n");
for (;;) {
  if (what === "tend") await tendGroups({ ...means, pool, log: silent });
  else {
    const [group] = await directory.groupsById(pool, [groupId!]);
    const to = group!.name === "readers" ? "books" : "readers";
    const by = { membershipId: null, name: "Olga", how: "web" } as const;
    await transact(pool, (sql) => life.rename(sql, means, group!, to, by));
    process.stdout.write("renamed\n");
  }
}
