/** A path of ours to go to afterwards: never another site's address, nor one that becomes such when its dots are resolved. */
export function ownPath(path: string | undefined): string {
  if (!path?.startsWith("/") || /[\\\u0000-\u0020]/.test(path) || path.length > 500) return "/";
  const led = URL.parse(path, "http://ours.invalid");
  return led?.host === "ours.invalid" && !led.pathname.startsWith("//") ? path : "/";
}
