/** Who somebody is, once an address is shown to be theirs, and what the library may see of their request. */
import { transact } from "../../db/sql.ts";
import * as directory from "../../directory/directory.ts";
import type { House } from "../house.ts";

export type Who = { personId: string; address: string; isNew?: boolean };

/** Somebody has shown that an address is theirs: who is that? */
export function personBehind({ pool, clock }: Pick<House, "pool" | "clock">, address: string): Promise<Who> {
  return transact(pool, async (sql) => {
    const known = await directory.personWith(sql, address);
    const [personId] = (await directory.peopleFor(sql, [{ address, name: "" }], clock)).values();
    await directory.verifyAddress(sql, address, clock.now());
    return { personId: personId!, address, isNew: !known };
  });
}

/** What the library may see of a request: its cookies, where a trusted device is, and the device's name. */
export function carried(headers: Headers): Headers {
  const seen = new Headers({ "user-agent": (headers.get("user-agent") ?? "").slice(0, 300) });
  const cookie = headers.get("cookie");
  if (cookie) seen.set("cookie", cookie);
  return seen;
}
