/** Words to describe the API with (OpenAPI 3.1): parameters, answers, and what every address may answer. */
export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
export const json = (schema: object) => ({ "application/json": { schema } });
export const bad = (description: string) => ({ description, content: json(ref("Error")) });

/** What every address may answer. */
export const TROUBLE = {
  400: bad("Something in the question is wrong; the message says what."),
  404: bad("Nothing for this visitor: it does not exist, or is for members only."),
  503: bad("The database is away; Retry-After says when to ask again."),
  default: bad("Whatever else went wrong."),
};
export const SIGNED_IN = { 401: bad("Sign in first."), 403: bad("Not open to this visitor.") };

export const parameter = (place: "path" | "query", name: string, description: string, schema: object) => ({
  name,
  in: place,
  required: place === "path",
  description,
  schema,
});
export const group = parameter("path", "name", "The group's name, the local part of its address.", { type: "string" });
export const number = parameter("path", "number", "The post's number in its group.", { type: "integer", minimum: 1 });
export const id = (of: string) => parameter("path", "id", `The id of the ${of}.`, { type: "string", format: "uuid" });
export const limit = (usual: number) =>
  parameter("query", "limit", "How many at most.", { type: "integer", minimum: 1, maximum: 100, default: usual });
export const before = (what: string, schema: object) =>
  parameter("query", "before", `Only what is older than this ${what}, as the Link header names it.`, schema);
export const after = parameter("query", "after", "Only what comes after this, as the Link header names it.", {
  type: "string",
});

export const NEXT = {
  Link: {
    description: 'The next page, as <ADDRESS>; rel="next" (RFC 8288). On the last page there is none.',
    schema: { type: "string" },
  },
};

export const get = (operationId: string, summary: string, parameters: object[], answer: object, more: object = {}) => ({
  get: {
    operationId,
    summary,
    parameters,
    responses: { 200: { description: summary, content: json(answer), ...more }, ...TROUBLE },
  },
});
export const list = (schema: string) => ({ type: "array", items: ref(schema) });
export const paged = { headers: NEXT };
