/** A rule as the command and the API say it: `action=hold field=subject words=…`, with `wildcard=` or `regex=` instead. */
import { Refusal } from "../kit/errors.ts";
import { en } from "../language/language.ts";
import { checkRule } from "./fit.ts";
import { type NewRule, RULE_ACTIONS, RULE_HOWS } from "./rules.ts";

const KEYS = ["action", "field", ...RULE_HOWS, "why"];

/** The rule that these words ask for, checked; refuses in a sentence what can't be. */
export function ruleFrom(pairs: Readonly<Record<string, string>>): NewRule {
  const unknown = Object.keys(pairs).find((key) => !KEYS.includes(key));
  if (unknown !== undefined)
    throw new Refusal(en`A rule has no "${unknown.slice(0, 60)}": choose among ${KEYS.join(", ")}.`);
  const hows = RULE_HOWS.filter((how) => pairs[how] !== undefined);
  const [how] = hows;
  if (how === undefined || hows.length > 1)
    throw new Refusal(en`Say what the rule looks for by one of ${RULE_HOWS.join(", ")}.`);
  const wanted = pairs["action"] ?? "hold";
  const action = RULE_ACTIONS.find((one) => one === wanted);
  if (!action) throw new Refusal(en`action can't be "${wanted.slice(0, 60)}": choose ${RULE_ACTIONS.join(", ")}.`);
  return checkRule({ field: pairs["field"] ?? "any", how, pattern: pairs[how]!, action, why: pairs["why"] ?? "" });
}
