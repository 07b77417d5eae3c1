/** A path of ours to go to afterwards: never another site's address. */
export const ownPath = (path: string | undefined): string =>
  !path?.startsWith("/") || /[\\\u0000-\u0020]/.test(path) || path.startsWith("//") || path.length > 500 ? "/" : path;
