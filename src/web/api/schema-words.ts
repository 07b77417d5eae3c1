/** Words to write JSON Schemas with. */
export type Schema = Record<string, unknown>;

export const text = { type: "string" };
export const flag = (...words: string[]) => ({ type: "string", enum: words });
export const count = { type: "integer", minimum: 0 };
export const rate = { type: "number", minimum: 0 };
export const time = { type: "string", format: "date-time" };
export const uuid = { type: "string", format: "uuid" };
export const orNull = ({ type, ...rest }: Schema): Schema => ({ ...rest, type: [type, "null"] });
export const listOf = (items: Schema): Schema => ({ type: "array", items });
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
export const refOrNull = (name: string): Schema => ({ anyOf: [ref(name), { type: "null" }] });

/** An object of exactly these fields; those named in `optional` may be missing. */
export const object = (properties: Record<string, Schema>, ...optional: string[]): Schema => ({
  type: "object",
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
});
