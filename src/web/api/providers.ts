/** Providers, for operators: the answers of `provider list` and `provider show`, and its settings. */
import { transact } from "../../db/sql.ts";
import * as providers from "../../providers/providers.ts";
import * as queue from "../../queue/queue.ts";
import type { Page } from "../house.ts";
import { operatorsOnly } from "../operator.ts";
import { sourcesHere } from "../pages/service/providers.ts";
import { NotHere } from "../rights.ts";
import { pairsFrom } from "./answer.ts";

/** GET providers?all=1 */
export async function list(c: Page): Promise<Response> {
  await operatorsOnly(c);
  const { pool, clock } = c.var.house;
  const queued = await queue.queuedByProvider(pool);
  const all = c.req.query("all") === "1";
  return c.json(await providers.overview(pool, sourcesHere(c.var.house), queued, clock.now(), all));
}

/** GET providers/:provider */
export async function one(c: Page): Promise<Response> {
  await operatorsOnly(c);
  const { pool, clock } = c.var.house;
  const queued = await queue.queuedByProvider(pool);
  const found = await providers.detail(pool, c.req.param("provider")!, sourcesHere(c.var.house), queued, clock.now());
  if (!found) throw new NotHere();
  return c.json(found);
}

/** POST providers/:provider: the words of `provider set`, as one object. */
export async function change(c: Page): Promise<Response> {
  await operatorsOnly(c);
  const { pool, clock } = c.var.house;
  const pairs = await pairsFrom(c, '{"connections": 5, "standing": "approved"}');
  const queued = await queue.queuedByProvider(pool);
  const means = { sources: sourcesHere(c.var.house), known: queued.map((one) => one.provider) };
  await transact(pool, (sql) => providers.change(sql, c.req.param("provider")!, pairs, means, clock.now()));
  return one(c);
}
