/** All letters that owners may word, in the order a member meets them. */
import * as commands from "./command-texts.ts";
import * as health from "./health-texts.ts";
import * as held from "./held-texts.ts";
import * as joining from "./joining-texts.ts";
import * as membership from "./membership-texts.ts";
import * as moderation from "./moderation-texts.ts";
import type { Notice } from "./notice.ts";
import * as texts from "./texts.ts";
import * as writing from "./writing-texts.ts";

export const NOTICES: readonly Notice[] = [
  joining.INVITATION,
  texts.CONFIRM_JOIN,
  joining.REQUEST_WAITS,
  joining.NOT_ADMITTED,
  joining.REQUEST_ENDED,
  texts.WELCOME,
  membership.GUIDELINES,
  membership.REMINDER,
  texts.HELP,
  commands.CHANGED,
  commands.CONFIRM_CHANGE,
  commands.MY_SETTINGS,
  commands.MY_GROUPS,
  texts.CONFIRM_LEAVE,
  texts.GOODBYE,
  texts.MAIL_STOPPED,
  texts.HELD,
  moderation.HELD_MORE,
  moderation.SLOW,
  membership.APPROVED,
  texts.DECLINED,
  held.QUESTION,
  held.EDITED,
  texts.RESENT,
  writing.NOT_SENT,
  writing.PRIVATE_COPY,
  membership.HOLIDAY_OVER,
  health.ENQUIRY,
  health.PAUSED,
  health.STILL_PAUSED,
  health.COMPLAINT,
  health.WELCOME_BACK,
  held.MODERATE,
  held.MODERATE_MANY,
  moderation.REPORTED,
  joining.ASK_TO_ADMIT,
  health.NEWLY_PAUSED,
];

export const noticeNamed = (name: string): Notice | undefined => NOTICES.find((notice) => notice.name === name);
