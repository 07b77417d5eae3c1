/**
 * When the queue will be empty: a range from what waits and what was sent lately, or the reason why nobody can know.
 *
 * The rate of the next hours is taken to lie between half and one and a half times that of the last minutes. Mail that
 * far sides have put off is not ours to hurry: the range does not end before its next try.
 */
export type Prospects = {
  /** Recipients that may be sent to now, or soon. */
  waiting: number;
  /** Recipients held by the operator. */
  held: number;
  /** The last of the next tries of what far sides put off. */
  lastDue: Date | null;
  sentPerSecond: number;
  workers: number;
};

export type Forecast =
  | { kind: "empty" }
  | { kind: "range"; from: Date; to: Date }
  | { kind: "unknown"; because: string };

export function forecast({ waiting, held, lastDue, sentPerSecond, workers }: Prospects, now: Date): Forecast {
  if (waiting === 0 && held === 0) return { kind: "empty" };
  if (waiting === 0) return { kind: "unknown", because: "what waits is held by the operator" };
  if (workers === 0) return { kind: "unknown", because: "no node is running" };
  if (sentPerSecond === 0) return { kind: "unknown", because: "nothing was sent in the last five minutes" };
  const seconds = waiting / sentPerSecond;
  const from = now.getTime() + (seconds / 1.5) * 1000;
  const to = Math.max(now.getTime() + seconds * 2 * 1000, lastDue?.getTime() ?? 0);
  return { kind: "range", from: new Date(from), to: new Date(to) };
}
