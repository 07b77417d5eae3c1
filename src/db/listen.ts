/**
 * Wake-ups between processes: the statements that leave work notify `smartgroups` with its topic, and are heard after
 * their commit. Polling stays the sure way.
 *
 * A line of its own, because the driver's `listen` gives up for good when it can't listen again at once after a loss.
 */
import { openPool, type Target } from "./sql.ts";

export type Topic = "mail" | "delivery";

const PAUSE = 500;

/** Calls `wake` for each notice, and for every topic when the line was lost and is back: what was said meanwhile is gone. */
export function listen(target: Target, wake: (topic: Topic) => void): { stop(): Promise<void> } {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const more = {
    idle_timeout: 0,
    fetch_types: false,
    onnotify: (_channel: string, topic: string) => wake(topic as Topic),
    onclose: () => later(),
  };
  const line = openPool(target, { max: 1, name: "smartgroups ear", more });
  const later = (): void => {
    clearTimeout(timer);
    if (!isStopped) timer = setTimeout(hear, PAUSE);
  };
  const hear = (): void => {
    line`listen smartgroups`.then(
      () => {
        wake("mail");
        wake("delivery");
      },
      () => later(),
    );
  };
  hear();
  return {
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await line.end({ timeout: 0 });
    },
  };
}
