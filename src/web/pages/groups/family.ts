/** The group that a group belongs to, and those that belong to it, as far as the visitor sees them. */
import { html } from "hono/html";
import * as directory from "../../../directory/directory.ts";
import { t } from "../../../language/language.ts";
import type { Page } from "../../house.ts";
import type { Seen } from "../../rights.ts";
import { type Html, nothing } from "../../views/layout.ts";
import { th } from "../../views/say.ts";

export async function familyOf(c: Page, { group, visitor }: Seen): Promise<Html> {
  const { pool } = c.var.house;
  const [parents, below] = await Promise.all([
    group.parentId ? directory.groupsById(pool, [group.parentId]) : [],
    group.parentId ? [] : directory.subgroups(pool, [group.id]),
  ]);
  if (parents.length + below.length === 0) return nothing;
  const mine = visitor?.personId ? await directory.membershipsOfPerson(pool, visitor.personId) : [];
  const sees = (one: directory.Group): boolean =>
    directory.isListed(one) || mine.some((membership) => membership.groupId === one.id);
  const link = (one: directory.Group): Html => html`<a href="/g/${one.name}"><bdi>${one.title}</bdi></a>`;
  const [parent] = parents.filter(sees);
  const shown = below.filter(sees);
  return html`${parent ? html`<p class="small">${th`Belongs to ${link(parent)}`}</p>` : ""}${shown.length ? html`<p class="small">${t`Its subgroups:`} ${shown.map((one, i) => html`${i ? " · " : ""}${link(one)}`)}</p>` : ""}`;
}
