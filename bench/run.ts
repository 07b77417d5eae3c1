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
  sign: { does: "personal signed copies a second on one core, beside bare RSA", load: () => import("./sign.ts") },
  pacing: { does: "the pace against pretend providers in virtual time", load: () => import("./pacing.ts") },
};

const wanted = BENCHES[process.argv[2] ?? ""];
if (wanted) {
  await (await wanted.load()).run();
} else {
  for (const [name, { does }] of Object.entries(BENCHES)) console.log(`npm run bench ${name.padEnd(8)} ${does}`);
  process.exitCode = process.argv[2] ? 1 : 0;
}
