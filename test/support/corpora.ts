/** Where the corpora of real mail lie, when they are here: beside the checkout, in shared/corpora. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../shared/corpora/", import.meta.url));

/** The path of a file or folder of the corpora; undefined when they are not on this machine. */
export const corpus = (path: string): string | undefined => (existsSync(root + path) ? root + path : undefined);

/** For `test(name, { skip: without("mime") }, …)`: says why a test is skipped, or false when it can run. */
export const without = (path: string): string | false => (corpus(path) ? false : `shared/corpora/${path} is not here`);
