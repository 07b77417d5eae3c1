/** Held posts, as the API describes them. */
import { after, bad, get, group, id, json, limit, list, paged, ref, SIGNED_IN, TROUBLE } from "./describe.ts";

const forDeciders = <T extends { get: { responses: object } }>({ get: { responses, ...rest } }: T) => ({
  ...rest,
  security: [{ session: [] }],
  responses: { ...responses, ...SIGNED_IN },
});
export const HELD = {
  get: forDeciders(
    get(
      "held",
      "Posts that wait for a moderator, the oldest first; for who may decide.",
      [group, after, limit(50)],
      list("HeldPost"),
      paged,
    ),
  ),
};
export const HELD_POST = {
  get: forDeciders(
    get(
      "heldPost",
      "A held post with its text, and what its author did here before.",
      [group, id("held mail")],
      ref("HeldPostInFull"),
    ),
  ),
  post: {
    operationId: "decide",
    summary: "Decide about a held post, at once. What was decided before is refused with who decided.",
    security: [{ session: [] }],
    parameters: [group, id("held mail")],
    requestBody: { required: true, content: json(ref("Decision")) },
    responses: {
      200: { description: "As it is now.", content: json(ref("HeldPostInFull")) },
      ...TROUBLE,
      ...SIGNED_IN,
      413: bad("Larger than a decision may be."),
      415: bad("Not sent as application/json."),
    },
  },
};
export const HELD_RAW = {
  get: {
    operationId: "heldRaw",
    summary: "The bytes of a held post as they came.",
    security: [{ session: [] }],
    parameters: [group, id("held mail")],
    responses: {
      200: { description: "The mail.", content: { "text/plain": { schema: { type: "string" } } } },
      ...TROUBLE,
      ...SIGNED_IN,
    },
  },
};
