/** Who may make groups on the web and by the API: operators, or everybody who is signed in, so many a day. */
import type * as life from "../life/life.ts";
import type { Page, Visitor } from "./house.ts";

/** Their limits, where they may; an operator has none. */
export async function mayMakeGroups(c: Page, visitor: Visitor | undefined): Promise<life.Maker | undefined> {
  const { making = "operators", makingADay = 3 } = c.var.house.config;
  if (!visitor?.personId) return undefined;
  if (visitor.isOperator) return { personId: visitor.personId, mostADay: Number.POSITIVE_INFINITY };
  return making === "everybody" ? { personId: visitor.personId, mostADay: makingADay } : undefined;
}
