/** The shapes of requests to join and of invitations. */
import { flag, object, orNull, text, time, uuid } from "./schema-words.ts";

export const joiningSchemas = {
  JoinRequest: object({
    id: uuid,
    address: text,
    name: text,
    state: flag("waiting", "joined", "declined", "expired"),
    words: { ...text, description: "Why they ask." },
    answer: { ...text, description: "What they say to the group's question." },
    since: { ...orNull(time), description: "Since when it waits." },
  }),
  RequestDecision: object(
    { do: flag("approve", "decline"), reason: { ...text, description: "What they are told when declined." } },
    "reason",
  ),
  Invitation: object({
    id: uuid,
    address: text,
    state: flag("waiting", "joined", "declined", "revoked", "expired"),
    by: { ...text, description: "Who invited; empty for an operator." },
    words: text,
    madeAt: time,
    remindedAt: orNull(time),
    decidedAt: orNull(time),
  }),
  NewInvitations: object(
    {
      addresses: { ...text, description: "Up to 100, with commas or line ends between them." },
      words: { ...text, description: "A line that stands in the letter." },
    },
    "words",
  ),
  Invited: object({
    address: text,
    state: flag("invited", "wrong", "member", "waiting", "declined", "unwanted", "banned", "enough", "limit"),
  }),
};
