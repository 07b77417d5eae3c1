/** The shapes of held posts. */
import { count, flag, listOf, object, orNull, text, time, uuid } from "./schema-words.ts";

const held = {
  id: { ...uuid, description: "The tracking id of the mail." },
  state: flag("waiting", "due", "approved", "declined", "gone"),
  receivedAt: time,
  author: object({ name: text, address: text }),
  subject: text,
  words: text,
  size: count,
  attachments: count,
  reason: { ...text, description: "Why it is held." },
  releaseAt: { ...orNull(time), description: "When it goes out by itself." },
  claimedBy: { ...orNull(text), description: "Who said to be looking at it." },
  claimedUntil: orNull(time),
  editedBy: { ...orNull(text), description: "Who edited it before it goes out." },
  decision: orNull(text),
  decidedBy: orNull(text),
  decidedAt: orNull(time),
  dueAt: { ...orNull(time), description: "When the decision takes effect; until then it can be taken back." },
  answer: { ...text, description: "What the author was told." },
  question: { ...orNull(text), description: "What a moderator asked the author." },
  reply: { ...orNull(text), description: "What the author answered." },
};

export const heldSchemas = {
  HeldPost: object(held),
  HeldPostInFull: object({
    ...held,
    text,
    files: listOf(object({ filename: orNull(text), type: text, size: count })),
    member: { anyOf: [object({ role: flag("member", "moderator", "owner"), since: time }), { type: "null" }] },
    before: {
      ...object({ posts: count, waiting: count, approved: count, declined: count }),
      description: "Of the same author, besides this post.",
    },
    isBanned: { type: "boolean" },
    url: text,
    raw: text,
  }),
  Decision: object(
    {
      do: flag("approve", "decline", "trust"),
      answer: { ...text, description: "What the author is told when it is declined." },
      silent: { ...flag("yes", "no"), description: "Tell the author nothing." },
    },
    ...["answer", "silent"],
  ),
};
