/** The emergency switch, as the desk and the settings show it: a quiet button while it is off, a loud line while it is on. */
import { html } from "hono/html";
import type { Group } from "../../directory/directory.ts";
import { t, told } from "../../language/language.ts";
import type { Emergency } from "../../moderation/moderation.ts";
import type { Html } from "./layout.ts";
import { th } from "./say.ts";
import { type Reader, timeInWords } from "./time.ts";

export function emergencySwitch(
  group: Pick<Group, "name" | "emergency">,
  present: Emergency | undefined,
  back: "held" | "settings",
  reader: Reader,
): Html {
  const isOn = group.emergency === "on";
  return html`<form method="post" action="/g/${group.name}/emergency" class="emergency${isOn ? " is-on" : ""}"${isOn ? html` role="status"` : ""}>
<input type="hidden" name="back" value="${back}"><input type="hidden" name="emergency" value="${isOn ? "off" : "on"}">
${
  isOn
    ? html`<p><b>${t`Emergency: every post waits for a moderator.`}</b> ${present ? th`Turned on by <bdi>${told(present.beganBy)}</bdi>, ${timeInWords(present.beganAt, reader)}.` : ""}</p><button class="button">${t`End the emergency`}</button>`
    : html`<p>${t`When things get out of hand, have every post wait until somebody has read it.`}</p><button class="button quiet">${t`Hold everything`}</button>`
}</form>`;
}
