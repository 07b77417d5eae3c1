/**
 * What there is in a group, on each of its pages: what every member has, and, folded, from where it is looked after, with
 * what waits there. A page that belongs to a group gets its line here.
 */
import { html } from "hono/html";
import * as directory from "../../directory/directory.ts";
import * as joining from "../../joining/joining.ts";
import { t, tn } from "../../language/language.ts";
import * as moderation from "../../moderation/moderation.ts";
import * as queue from "../../queue/queue.ts";
import type { House, Page } from "../house.ts";
import { figure } from "./figures.ts";
import type { Html } from "./layout.ts";

type Waiting = { held: number; reported: number; paused: number; requests: number };
type Place = {
  /** Below `/g/NAME`. */
  path: string;
  label: () => string;
  /** Who finds it: every member, or who may do this. */
  for: "member" | "moderator" | directory.Permission;
  waits?: keyof Waiting;
};

const PLACES: readonly Place[] = [
  { path: "", label: () => t`Topics`, for: "member" },
  { path: "/months", label: () => t`By month`, for: "member" },
  { path: "/about", label: () => t`About`, for: "member" },
  { path: "/membership", label: () => t`My mail`, for: "member" },
];

const INVITATIONS: Place = { path: "/invitations", label: () => t`Invitations`, for: "members" };

const CARE: readonly Place[] = [
  { path: "/held", label: () => t`Held mail`, for: "approve", waits: "held" },
  { path: "/reports", label: () => t`Reported posts`, for: "approve", waits: "reported" },
  { path: "/members", label: () => t`Members`, for: "members" },
  { path: "/requests", label: () => t`Asking to join`, for: "members", waits: "requests" },
  INVITATIONS,
  { path: "/health", label: () => t`Mail to the members`, for: "members", waits: "paused" },
  { path: "/bans", label: () => t`Kept out`, for: "members" },
  { path: "/log", label: () => t`What was done`, for: "moderator" },
  { path: "/settings", label: () => t`Settings`, for: "settings" },
];

/** The line of a group's pages, for its members; nothing for others. */
export async function groupNav(
  c: Page,
  group: directory.Group | undefined,
  membership: directory.Membership | undefined,
): Promise<Html | undefined> {
  if (!group || !membership) return undefined;
  const care = CARE.filter((place) => mayFind(place, membership));
  // Where every member may invite, it is among what every member has.
  const places =
    care.includes(INVITATIONS) || !joining.mayInvite(group, membership) ? PLACES : [...PLACES, INVITATIONS];
  const waiting = await waitingIn(c.var.house, group, care);
  const home = `/g/${group.name}`;
  const here = c.req.path.toLowerCase();
  const link = ({ path, label, waits }: Place): Html => {
    const count = waits ? waiting[waits] : 0;
    return html`<a href="${home}${path}"${here === `${home}${path}` ? html` aria-current="page"` : ""}>${label()}${count ? html` <b class="waits">${figure(count)}</b>` : ""}</a>`;
  };
  const sum = waiting.held + waiting.reported + waiting.paused + waiting.requests;
  return html`<nav class="places" aria-label="${t`In this group`}">${places.map(link)}${
    care.length
      ? html`<details class="places-care"><summary>${t`Look after it`}${sum ? html` <b class="waits" aria-label="${tn(sum, "{0} waits", "{0} wait")}">${figure(sum)}</b>` : ""}</summary><ul>${care.map((place) => html`<li>${link(place)}</li>`)}</ul></details>`
      : ""
  }</nav>`;
}

const mayFind = (place: Place, membership: directory.Membership): boolean =>
  place.for === "member" ||
  (place.for === "moderator" ? membership.role !== "member" : directory.may(membership, place.for));

/** More than a hundred held mails are a hundred here: the desk counts them. */
const MOST = 100;

async function waitingIn(
  { pool, config }: House,
  { id, name }: directory.Group,
  places: readonly Place[],
): Promise<Waiting> {
  const counts = (what: keyof Waiting): boolean => places.some(({ waits }) => waits === what);
  const [held, reported, paused, requests] = await Promise.all([
    counts("held") ? queue.aside(pool, "held", `${name}@${config.domain}`, MOST) : [],
    counts("reported") ? moderation.countReported(pool, id) : 0,
    counts("paused") ? directory.countPaused(pool, id) : 0,
    counts("requests") ? directory.countRequests(pool, id) : 0,
  ]);
  return { held: held.length, reported, paused, requests };
}
