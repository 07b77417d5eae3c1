/** The API in its own words (OpenAPI 3.1), written by hand; test/journeys/api.test.ts holds it against the answers. */
import { HERE } from "./answer.ts";
import {
  after,
  bad,
  before,
  get,
  group,
  id,
  json,
  limit,
  list,
  number,
  paged,
  parameter,
  ref,
  SIGNED_IN,
  TROUBLE,
} from "./describe.ts";
import { HELD, HELD_POST, HELD_RAW } from "./openapi-held.ts";
import { INVITATION, INVITATIONS, REQUEST, REQUESTS } from "./openapi-joining.ts";
import { schemas } from "./schemas.ts";

const members = get("members", "The members, by address; for moderators and owners.", [], list("Member"), paged).get;

const OPERATORS = [{ operator: [] }];
const NOT_AN_OPERATOR = { 403: bad("For operators only.") };
const provider = parameter("path", "provider", "The provider's name, as lists have it.", { type: "string" });
const forOperators = <T extends { get: { responses: object } }>({ get: { responses, ...rest } }: T) => ({
  ...rest,
  security: OPERATORS,
  responses: { ...responses, ...NOT_AN_OPERATOR },
});

const PROVIDERS = {
  get: forOperators(
    get(
      "providers",
      "How providers take our addresses, with limits and what waits.",
      [parameter("query", "all", "1: all that we have facts of, not only those met so far.", { type: "string" })],
      list("Provider"),
    ),
  ),
};
const PROVIDER = {
  get: forOperators(
    get(
      "provider",
      "A provider, with what to ask of it and its standing's history.",
      [provider],
      ref("ProviderDetail"),
    ),
  ),
  post: {
    operationId: "setProvider",
    summary: "Change how a provider takes our addresses, or its limits.",
    security: OPERATORS,
    parameters: [provider],
    requestBody: { required: true, content: json(ref("ProviderSettings")) },
    responses: {
      200: { description: "As it is now.", content: json(ref("ProviderDetail")) },
      ...TROUBLE,
      ...NOT_AN_OPERATOR,
      413: bad("Larger than settings may be."),
      415: bad("Not sent as application/json."),
    },
  },
};
const HEALTH = get(
  "health",
  "Whose mail comes back or is stopped, the gravest first; a member who decides nothing sees themselves alone.",
  [],
  ref("Health"),
).get;
const recipients = get(
  "recipients",
  "What became of each recipient's copy, in the order in which they joined; for moderators and owners.",
  [],
  list("Recipient"),
  paged,
).get;
const state = parameter("query", "state", "Only recipients in this state.", { type: "string" });
const find = parameter("query", "find", "Only those whose address or name contains this.", { type: "string" });
const address = parameter("path", "address", "The member's address.", { type: "string" });
const history = get(
  "deliveries",
  "The group's last posts and what became of this member's copies; for the member, moderators and owners.",
  [],
  list("HistoryEntry"),
  paged,
).get;

const membership = get("membership", "One's own membership: how this group's mail comes.", [], ref("Membership")).get;
const MEMBERSHIP = {
  get: {
    ...membership,
    security: [{ session: [] }],
    parameters: [group],
    responses: { ...membership.responses, ...SIGNED_IN },
  },
  post: {
    operationId: "setMembership",
    summary: "Change one's own membership, in the words of `member set`.",
    security: [{ session: [] }],
    parameters: [group],
    requestBody: { required: true, content: json(ref("MembershipSettings")) },
    responses: {
      200: { description: "As it is now.", content: json(ref("Membership")) },
      ...TROUBLE,
      ...SIGNED_IN,
      413: bad("Larger than settings may be."),
      415: bad("Not sent as application/json."),
    },
  },
};

const rules = get(
  "rules",
  "A group's own rules on posts, in order; for who may change its settings.",
  [],
  list("Rule"),
).get;
const RULES = {
  get: {
    ...rules,
    security: [{ session: [] }],
    parameters: [group],
    responses: { ...rules.responses, ...SIGNED_IN },
  },
  post: {
    operationId: "addRule",
    summary: "Put a rule behind the others, in the words of `rule add`.",
    security: [{ session: [] }],
    parameters: [group],
    requestBody: { required: true, content: json(ref("NewRule")) },
    responses: {
      200: { description: "All rules as they are now.", content: json(list("Rule")) },
      ...TROUBLE,
      ...SIGNED_IN,
      413: bad("Larger than a rule may be."),
      415: bad("Not sent as application/json."),
    },
  },
};
const RULE = {
  delete: {
    operationId: "removeRule",
    summary: "Remove a rule.",
    security: [{ session: [] }],
    parameters: [group, id("rule")],
    responses: {
      200: { description: "All rules as they are now.", content: json(list("Rule")) },
      ...TROUBLE,
      ...SIGNED_IN,
    },
  },
};

/** What changes a group, and answers it as it is then. */
const writing = (
  operationId: string,
  summary: string,
  parameters: object[],
  body: string,
  status: 200 | 201 = 200,
) => ({
  operationId,
  summary,
  security: [{ session: [] }],
  parameters,
  requestBody: { required: true, content: json(ref(body)) },
  responses: {
    [status]: { description: "The group as it is now.", content: json(ref("Group")) },
    ...TROUBLE,
    ...SIGNED_IN,
    413: bad("Larger than settings may be."),
    415: bad("Not sent as application/json."),
  },
});

const POSTS = {
  post: {
    operationId: "send",
    summary: "Write a post: it goes into the queue, and the answer says where to follow it.",
    description:
      "For who is signed in. The Origin header must be this service's own, as a browser sends it from its pages.",
    security: [{ session: [] }],
    parameters: [group],
    requestBody: { required: true, content: json(ref("NewPost")) },
    responses: {
      202: { description: "Accepted and kept.", content: json(ref("Accepted")) },
      ...TROUBLE,
      ...SIGNED_IN,
      413: bad("Larger than a post may be."),
      415: bad("Not sent as application/json."),
    },
  },
};

const letter = parameter("path", "letter", "The letter's name, as the list has it.", { type: "string" });
const language = parameter("query", "language", "The language of the words; the group's own without it.", {
  type: "string",
});
const letters = get("letters", "The group's letters with their words.", [], list("Letter")).get;
const oneLetter = get("letter", "One letter with its words.", [], ref("Letter")).get;
const LETTERS = {
  get: {
    ...letters,
    security: [{ session: [] }],
    parameters: [group, language],
    responses: { ...letters.responses, ...SIGNED_IN },
  },
};
const LETTER = {
  get: {
    ...oneLetter,
    security: [{ session: [] }],
    parameters: [group, letter, language],
    responses: { ...oneLetter.responses, ...SIGNED_IN },
  },
  post: {
    operationId: "wordLetter",
    summary: "Give a letter words of the group's own; without any, it goes back to ours.",
    security: [{ session: [] }],
    parameters: [group, letter, language],
    requestBody: { required: true, content: json(ref("Wording")) },
    responses: {
      200: { description: "As it is now.", content: json(ref("Letter")) },
      ...TROUBLE,
      ...SIGNED_IN,
      413: bad("Larger than a letter may be."),
      415: bad("Not sent as application/json."),
    },
  },
};

export const openapi = {
  openapi: "3.1.0",
  info: {
    title: "Smartgroups",
    version: "1",
    description:
      "What the web shows, as JSON. Readers of a public archive need no session, but get no addresses: what follows the @ is cut, and ids of mails are left out. Names of fields are those the commands print with --json.",
  },
  servers: [{ url: HERE }],
  security: [{}, { session: [] }],
  paths: {
    "/openapi.json": get("description", "This document.", [], { type: "object" }),
    "/status": get("status", "The queue in counts, by stage and provider.", [], ref("Status")),
    "/groups": {
      ...get("groups", "My groups and those open to read, by name.", [after, limit(100)], list("Group"), paged),
      post: writing("makeGroup", "Make a group, in the words of `group add`; who asks owns it.", [], "NewGroup", 201),
    },
    "/groups/{name}": {
      ...get("group", "A group with its settings; for moderators and owners, its owners.", [group], ref("Group")),
      post: writing(
        "setGroup",
        "Change settings, in the words of `group set`; `name` renames.",
        [group],
        "GroupSettings",
      ),
    },
    "/groups/{name}/end": {
      post: writing(
        "endGroup",
        "Close a group, open it, remove it in 14 days, or take that back.",
        [group],
        "GroupEnd",
      ),
    },
    "/groups/{name}/members": {
      get: {
        ...members,
        security: [{ session: [] }],
        parameters: [group, after, limit(100)],
        responses: { ...members.responses, ...SIGNED_IN },
      },
    },
    "/groups/{name}/membership": MEMBERSHIP,
    "/groups/{name}/letters": LETTERS,
    "/groups/{name}/letters/{letter}": LETTER,
    "/groups/{name}/rules": RULES,
    "/groups/{name}/rules/{id}": RULE,
    "/groups/{name}/requests": REQUESTS,
    "/groups/{name}/requests/{id}": REQUEST,
    "/groups/{name}/invitations": INVITATIONS,
    "/groups/{name}/invitations/{id}": INVITATION,
    "/groups/{name}/held": HELD,
    "/groups/{name}/held/{id}": HELD_POST,
    "/groups/{name}/held/{id}/raw": HELD_RAW,
    "/groups/{name}/health": {
      get: {
        ...HEALTH,
        security: [{ session: [] }],
        parameters: [group],
        responses: { ...HEALTH.responses, ...SIGNED_IN },
      },
    },
    "/groups/{name}/topics": get(
      "topics",
      "Topics, the newest first.",
      [group, before("time, or than this place", { type: "string" }), limit(25)],
      list("Topic"),
      paged,
    ),
    "/groups/{name}/topics/{id}": get(
      "topic",
      "A topic with its posts, the newest first.",
      [group, id("topic"), before("number", { type: "integer", minimum: 1 }), limit(100)],
      ref("TopicWithPosts"),
      paged,
    ),
    "/groups/{name}/posts": POSTS,
    "/groups/{name}/posts/{number}": get(
      "post",
      "A post: text, cleaned HTML, attachments, delivery.",
      [group, number],
      ref("Post"),
    ),
    "/groups/{name}/posts/{number}/raw": {
      get: {
        operationId: "raw",
        summary: "The bytes of a post as they came; for strangers with addresses cut.",
        parameters: [group, number],
        responses: {
          200: { description: "The mail.", content: { "text/plain": { schema: { type: "string" } } } },
          ...TROUBLE,
        },
      },
    },
    "/groups/{name}/posts/{number}/delivery": get(
      "delivery",
      "How far a post's copies are, by state and provider. Providers of few recipients are told apart for moderators only.",
      [group, number],
      ref("Delivery"),
    ),
    "/groups/{name}/posts/{number}/recipients": {
      get: {
        ...recipients,
        security: [{ session: [] }],
        parameters: [group, number, state, find, after, limit(100)],
        responses: { ...recipients.responses, ...SIGNED_IN },
      },
    },
    "/groups/{name}/members/{address}/deliveries": {
      get: {
        ...history,
        security: [{ session: [] }],
        parameters: [group, address, before("number", { type: "integer", minimum: 1 }), limit(20)],
        responses: { ...history.responses, ...SIGNED_IN },
      },
    },
    "/mails/{id}": get(
      "mail",
      "Where a mail is, by the tracking id from our reply to its sender; who has the id may ask.",
      [id("mail")],
      ref("Mail"),
    ),
    "/providers": PROVIDERS,
    "/providers/{provider}": PROVIDER,
  },
  components: {
    securitySchemes: {
      operator: {
        type: "apiKey",
        in: "cookie",
        name: "smartgroups.operator",
        description: "The cookie that the link of `smartgroups provider page` gives.",
      },
      session: {
        type: "apiKey",
        in: "cookie",
        name: "smartgroups.session_token",
        description: "The cookie of a session from /sign-in; over HTTPS its name begins with __Secure-.",
      },
    },
    schemas,
  },
};
