/** The guidelines of a group as a letter has them: what the owner wrote, below a heading. */
import { en, t } from "../language/language.ts";
import type { OfGroup } from "./compose.ts";
import { lines } from "./notice.ts";

export const GUIDELINES_OF = lines(
  en`the group's guidelines below a heading; nothing where there are none`,
  () => `${heading()}\n\n${t`- Be kind, and brief.\n- Quote only what you answer.`}`,
);

export function guidelinesWords({ group }: OfGroup): string {
  const written = (group.guidelines ?? "").trim();
  return written === "" ? "" : `${heading()}\n\n${written}`;
}

const heading = (): string => t`How we treat each other here:`;
