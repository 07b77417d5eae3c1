/**
 * Wake-ups between processes: the statements that leave work notify `smartgroups` with its topic, and are heard after
 * their commit. Polling stays the sure way.
 *
 * A line of its own, because the driver's `listen` gives up for good when it can't listen again at once after a loss.
 */
import { openPool, type Target } from "./sql.ts";

export type Topic = "mail" | "delivery" | "hold";

const TOPICS: Topic[] = ["mail", "delivery", "hold"];
const PAUSE = 500;

/** Calls `wake` for each notice, with the words behind its topic, and for every topic when the line was lost and is back: what was said meanwhile is gone. */
export function listen(target: Target, wake: (topic: Topic, words: string) => void): { stop(): Promise<void> } {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const more = {
    idle_timeout: 0,
    fetch_types: false,
    onnotify: (_channel: string, notice: string) => {
      const [topic = "", ...words] = notice.split(" ");
      wake(topic as Topic, words.join(" "));
    },
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
        for (const topic of TOPICS) wake(topic, "");
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
