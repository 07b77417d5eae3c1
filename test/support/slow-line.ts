/** A line to PostgreSQL that can be made slow: a proxy on the loopback that hands everything on later, in order. */
import { connect, createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { elapsed } from "../../src/kit/clock.ts";
import { testServer } from "./server.ts";

export type SlowLine = {
  port: number;
  /** Every piece, in both directions, takes so long from now on. */
  delay(ms: number): void;
};

export async function startSlowLine(t: TestContext): Promise<SlowLine> {
  const { host, port } = testServer();
  let delayMs = 0;
  const open = new Set<Socket>();
  const handOn = (from: Socket, to: Socket): void => {
    let due = 0;
    let last: Promise<void> = Promise.resolve();
    const inTurn = (work: () => void): void => {
      // Never ahead of what came before, though the delay was shortened meanwhile.
      due = Math.max(due, elapsed() + delayMs);
      const ms = due - elapsed();
      last = last
        .then(() => (ms > 1 ? new Promise<void>((go) => setTimeout(go, Math.max(1, due - elapsed()))) : undefined))
        .then(work);
    };
    from.on("data", (piece) => inTurn(() => to.write(piece)));
    from.on("end", () => inTurn(() => to.end()));
    from.on("close", () => inTurn(() => to.destroy()));
    from.on("error", () => to.destroy());
    open.add(from);
    from.on("close", () => open.delete(from));
  };
  const server = createServer({ noDelay: true }, (near) => {
    const far = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
    handOn(near, far);
    handOn(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    port: (server.address() as { port: number }).port,
    delay: (ms) => {
      delayMs = ms;
    },
  };
}
