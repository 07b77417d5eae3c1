/** Requests to join and invitations, as the API describes them. */
import { bad, before, get, group, id, json, limit, list, paged, ref, SIGNED_IN, TROUBLE } from "./describe.ts";

const session = { security: [{ session: [] }] };

const forCarers = (operationId: string, summary: string, answer: object, parameters: object[] = [], more = {}) => {
  const { responses, ...rest } = get(operationId, summary, [group, ...parameters], answer, more).get;
  return { ...rest, ...session, responses: { ...responses, ...SIGNED_IN } };
};

const writing = (operationId: string, summary: string, parameters: object[], body: object, answer: object) => ({
  ...forCarers(operationId, summary, answer, parameters),
  requestBody: { required: true, content: json(body) },
});

const sent = { 413: bad("Larger than it may be."), 415: bad("Not sent as application/json.") };
const withSent = <T extends { responses: object }>(one: T) => ({ ...one, responses: { ...one.responses, ...sent } });

export const REQUESTS = {
  get: forCarers("requests", "Who asks to join, the oldest first; for who may change members.", list("JoinRequest")),
};
export const REQUEST = {
  post: withSent(
    writing(
      "decideRequest",
      "Let in or decline who asks to join; they hear by mail.",
      [id("request")],
      ref("RequestDecision"),
      ref("JoinRequest"),
    ),
  ),
};
export const INVITATIONS = {
  get: forCarers(
    "invitations",
    "Invitations, the newest first; for who may change members. Where every member may invite, a member has their own.",
    list("Invitation"),
    [before("invitation", { type: "string", format: "uuid" }), limit(100)],
    paged,
  ),
  post: withSent(
    writing(
      "invite",
      "Invite addresses, each with a letter; what can't be invited is answered with the reason.",
      [],
      ref("NewInvitations"),
      list("Invited"),
    ),
  ),
};
export const INVITATION = {
  delete: {
    operationId: "takeBackInvitation",
    summary: "Take an invitation back. One that is over stays as it is.",
    ...session,
    parameters: [group, id("invitation")],
    responses: {
      200: { description: "As it is now.", content: json(ref("Invitation")) },
      ...TROUBLE,
      ...SIGNED_IN,
    },
  },
};
