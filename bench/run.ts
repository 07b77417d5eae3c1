/**
 * `npm run bench NAME [-- options]`: runs one bench and prints its table. Without a name, says what there is.
 *
 * Figures depend on the machine: each bench has its peer or its bare loop in the same run, and the ratio is what counts.
 */
const BENCHES: Record<string, { does: string; load: () => Promise<{ run(): Promise<void> }> }> = {
  accept: { does: "mails accepted durably a second, beside Postfix", load: () => import("./accept.ts") },
  fanout: {
    does: "posts to 1,000 members over 50 domains, and to 5, beside Postfix",
    load: () => import("./fanout.ts"),
  },
  client: { does: "our SMTP client alone, beside smtp-source", load: () => import("./client.ts") },
  latency: {
    does: "posts to 20 members while one to 100,000 is going out",
    load: () => import("./latency.ts"),
  },
  backlog: {
    does: "cost and memory with 10^4, 10^6 and 10^7 recipients waiting",
    load: () => import("./backlog.ts"),
  },
  archive: { does: "pages of an archive of 1,000,000 posts", load: () => import("./archive.ts") },
  sign: { does: "what signed copies cost, by kind of key", load: () => import("./sign.ts") },
  pacing: { does: "the pace against pretend providers in virtual time", load: () => import("./pacing.ts") },
};

const wanted = BENCHES[process.argv[2] ?? ""];
if (wanted) {
  await (await wanted.load()).run();
} else {
  for (const [name, { does }] of Object.entries(BENCHES)) console.log(`npm run bench ${name.padEnd(9)} ${does}`);
  process.exitCode = process.argv[2] ? 1 : 0;
}
