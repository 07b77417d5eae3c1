/**
 * The bytes of a post as somebody may have them. Strangers get them with the far ends of addresses cut.
 *
 * A post that came through another group of ours, or was passed on by a member, holds that member's own leave link:
 * whoever has such a token may use it, so nobody is given one.
 */
export const sourceFor = (bytes: Buffer, hidesAddresses: boolean): Buffer =>
  withoutTokens(hidesAddresses ? cut(bytes) : bytes);

const cut = (bytes: Buffer): Buffer =>
  Buffer.from(
    bytes.toString("latin1").replace(/([\w.+=-]{1,64})@[\w-]{1,63}(?:\.[\w-]{1,63}){1,10}/g, "$1@\xe2\x80\xa6"),
    "latin1",
  );

const withoutTokens = (bytes: Buffer): Buffer =>
  Buffer.from(
    bytes
      .toString("latin1")
      .replace(/(\/(?:leave|join|sign-in)\/|\b(?:leave|join|bounce)\+)[\w-]{16,200}/gi, "$1\xe2\x80\xa6"),
    "latin1",
  );
