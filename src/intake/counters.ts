/** What intake counts; see docs/operating.md for how to read the figures. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

export type Counters = {
  connections: Counter;
  open: Gauge;
  kept: Counter;
  keptBytes: Counter;
  refused: Counter<"kind">;
  commitSeconds: Histogram;
  batchMails: Histogram;
};

/** Declares intake's counters in `registry`; once for each registry. */
export function intakeCounters(registry: Registry): Counters {
  const registers = [registry];
  const name = (what: string): string => `smartgroups_intake_${what}`;
  return {
    connections: new Counter({ name: name("connections_total"), help: "SMTP connections taken", registers }),
    open: new Gauge({ name: name("connections_open"), help: "SMTP connections open now", registers }),
    kept: new Counter({ name: name("mails_total"), help: "mails committed and answered with 250", registers }),
    keptBytes: new Counter({ name: name("bytes_total"), help: "bytes of the mails kept", registers }),
    refused: new Counter({
      name: name("refused_total"),
      help: "commands, mails and connections refused",
      labelNames: ["kind"],
      registers,
    }),
    commitSeconds: new Histogram({
      name: name("commit_seconds"),
      help: "from the final dot to the commit",
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5],
      registers,
    }),
    batchMails: new Histogram({
      name: name("batch_mails"),
      help: "mails stored by one commit",
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    }),
  };
}
