/** The group that a command names. */
import type { Pool } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import { Refusal } from "../kit/errors.ts";

/** The group of this name, or one it had; or a refusal that says how to find the right one. */
export async function groupCalled(pool: Pool, name: string): Promise<directory.Group> {
  const group = await directory.groupCalled(pool, name);
  if (group) return group;
  throw new Refusal(`There is no group called "${name}": smartgroups group list names them all.`);
}
