/** Places in long lists as addresses write them, so that a list goes on exactly where a page of it ended. */
import * as archive from "../archive/archive.ts";
import { isId } from "../kit/id.ts";

/** `TIME_ID`, as `topicPlaceText` writes it; a time alone means everything older. */
export function topicPlace(text: string): archive.TopicPlace | undefined {
  const [time = "", id, ...more] = text.split("_");
  const isTime = /^[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/.test(time) && !Number.isNaN(Date.parse(time));
  if (!isTime || more.length > 0 || (id !== undefined && !isId(id))) return undefined;
  return { lastAt: new Date(time), id: id ?? archive.LOWEST_ID };
}

export const topicPlaceText = ({ lastAt, id }: archive.TopicPlace): string => `${lastAt.toISOString()}_${id}`;
