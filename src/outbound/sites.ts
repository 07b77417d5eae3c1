/**
 * The mails a lane has in hand, by site: the hosts they go to. A connection serves one site; within a site, and among
 * sites, what comes first in the order of class, tag and age is next.
 */
import type { Hand } from "./hand.ts";
import type { Item, Recipient } from "./prepare.ts";
import type { RouteHost } from "./route.ts";

/** Recipients of one delivery who go to the same hosts. `tries`: connections it broke with. */
export type Batch = {
  hand: Hand;
  item: Item;
  hosts: readonly RouteHost[];
  site: string;
  left: Recipient[];
  tries: number;
  /** Each recipient is asked for in a transaction of its own, although the copy is shared. */
  isAlone?: true;
};

export type Site = {
  key: string;
  /** In order, none of them empty. */
  batches: Batch[];
  /** Recipients in them. */
  unbegun: number;
  /** Connections that are open for it or being opened. */
  runners: number;
};

export class Sites {
  /** Recipients in hand that are not begun. */
  unbegun = 0;
  private readonly sites = new Map<string, Site>();

  put(batch: Batch): void {
    const site = this.sites.get(batch.site) ?? { key: batch.site, batches: [], unbegun: 0, runners: 0 };
    this.sites.set(batch.site, site);
    let at = site.batches.length;
    while (at > 0 && isBefore(batch, site.batches[at - 1]!)) at -= 1;
    site.batches.splice(at, 0, batch);
    this.count(site, batch.left.length);
  }

  /** The next recipients of a site for one transaction: one of a personal item, up to `most` of a shared one. */
  next(site: Site, most: number): { batch: Batch; recipients: Recipient[] } | undefined {
    const batch = site.batches[0];
    if (!batch) return undefined;
    const recipients = batch.left.splice(0, batch.item.isShared && !batch.isAlone ? most : 1);
    if (batch.left.length === 0) site.batches.shift();
    this.count(site, -recipients.length);
    return { batch, recipients };
  }

  /** Of the sites that can use another connection (`perConnection` mails for each), the one whose mail comes first. */
  first(perConnection: number, mostConnections: number): Site | undefined {
    let best: Site | undefined;
    for (const site of this.sites.values()) {
      if (site.batches.length === 0) continue;
      if (site.runners >= Math.min(mostConnections, Math.ceil(site.unbegun / perConnection))) continue;
      if (!best || isBefore(site.batches[0]!, best.batches[0]!)) best = site;
    }
    return best;
  }

  /** Is there a site without a connection whose mail comes before this one's? */
  isOvertaken(site: Site): boolean {
    const first = site.batches[0];
    if (!first || this.sites.size === 1) return false;
    for (const other of this.sites.values()) {
      if (other.runners === 0 && other.batches[0] && isBefore(other.batches[0], first)) return true;
    }
    return false;
  }

  /** Takes out what is not begun, or what `which` names of it. */
  remove(which: (batch: Batch) => boolean): Batch[] {
    const removed: Batch[] = [];
    for (const site of this.sites.values()) {
      const [leaving, staying] = [site.batches.filter(which), site.batches.filter((batch) => !which(batch))];
      site.batches = staying;
      for (const batch of leaving) this.count(site, -batch.left.length);
      removed.push(...leaving);
      this.tidy(site);
    }
    return removed;
  }

  /** Takes out so many recipients, or a few more: whole batches, the last in the order first. */
  removeLast(recipients: number): Batch[] {
    const removed: Batch[] = [];
    for (let left = recipients; left > 0 && this.unbegun > 0; ) {
      let last: Site | undefined;
      for (const site of this.sites.values())
        if (site.batches.length > 0 && (!last || isBefore(last.batches.at(-1)!, site.batches.at(-1)!))) last = site;
      const batch = last!.batches.pop()!;
      this.count(last!, -batch.left.length);
      this.tidy(last!);
      left -= batch.left.length;
      removed.push(batch);
    }
    return removed;
  }

  /** Forgets a site that has neither mails nor connections. */
  tidy(site: Site): void {
    if (site.batches.length === 0 && site.runners === 0) this.sites.delete(site.key);
  }

  private count(site: Site, more: number): void {
    site.unbegun += more;
    this.unbegun += more;
  }
}

function isBefore(a: Batch, b: Batch): boolean {
  const x = a.hand.delivery;
  const y = b.hand.delivery;
  if (x.class !== y.class) return x.class < y.class;
  return x.tag !== y.tag ? x.tag < y.tag : x.id < y.id;
}
