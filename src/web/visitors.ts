/** Who is looking, and from where in time: put on the context of every request. */
import type { MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { isZone } from "../kit/zone.ts";
import type { Environment, House, Page, Visitor } from "./house.ts";

export function visitors(house: House): MiddlewareHandler<Environment> {
  return async (c, next) => {
    let visitor: Promise<Visitor | undefined> | undefined;
    const zone = getCookie(c, "zone") ?? "UTC";
    c.set("house", house);
    c.set("zone", isZone(zone) ? zone : "UTC");
    c.set("visitor", () => {
      visitor ??= house.signIn.visitor(c.req.raw.headers);
      return visitor;
    });
    await next();
  };
}

/** The address a request comes from. A proxy on this machine says for whom it asks; nobody else is believed. */
export function clientAddress(c: Page): string {
  const peer = c.env?.incoming?.socket.remoteAddress ?? "unknown";
  if (!/^(::ffff:)?127\.|^::1$/.test(peer)) return peer;
  return c.req.header("x-forwarded-for")?.split(",").at(-1)?.trim().slice(0, 60) || peer;
}

export const readerOf = (c: Page): { now: Date; zone: string } => ({ now: c.var.house.clock.now(), zone: c.var.zone });
