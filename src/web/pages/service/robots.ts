/** What robots need not fetch: forms, sources, the same pages in another order. A month's mbox file has its posts whole. */
import type { Page } from "../../house.ts";

const TEXT = `# Polite robots: /g/NAME/months leads to an mbox file for each month, one request instead of a thousand.
User-agent: *
Disallow: /api/
Disallow: /mail/
Disallow: /mailbox
Disallow: /sign-in
Disallow: /join/
Disallow: /leave/
Disallow: /back/
Disallow: /operator/
Disallow: /g/*/new
Disallow: /g/*/join
Disallow: /g/*/leave
Disallow: /g/*/reply
Disallow: /g/*/raw
Disallow: /g/*/html
Disallow: /g/*/delivery
Disallow: /g/*/by-id/
Disallow: /*?
Allow: /g/*?before=
Allow: /g/*?page=
Allow: /g/*?after=
Crawl-delay: 2
`;

/** GET /robots.txt */
export function text(c: Page): Response {
  c.header("cache-control", "public, max-age=86400");
  return c.text(TEXT);
}
