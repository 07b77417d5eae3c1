/** What steps of joining need, from what a page is given. */
import * as directory from "../directory/directory.ts";
import type * as joining from "../joining/joining.ts";
import type { House, Visitor } from "./house.ts";

export const meansOf = async ({ config, clock, tokenSecret }: House): Promise<joining.Means> => ({
  domain: config.domain,
  url: config.url,
  clock,
  tokenSecret: await tokenSecret(),
  ...(config.disposable && { disposable: config.disposable }),
});

/** Is the visitor invited to this group, by any address that is shown to be theirs? */
export async function isInvited({ pool }: House, groupId: string, visitor: Visitor | undefined): Promise<boolean> {
  if (!visitor) return false;
  const others = visitor.personId ? await directory.verifiedAddresses(pool, visitor.personId) : [];
  return (await directory.invitedAmong(pool, groupId, [visitor.address, ...others])) !== undefined;
}
