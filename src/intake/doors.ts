/** What intake needs of the rest of the house, handed in as plain functions; it knows nothing else of it. */

export type Protocol = "SMTP" | "ESMTP" | "ESMTPS" | "UTF8SMTP" | "UTF8SMTPS";

/** Who a mail came from and whom it is for, as said in the SMTP conversation. */
export type Envelope = {
  /** "" for the null sender <>. */
  sender: string;
  /** As the client wrote them, each once; `postmaster` without a domain has been given ours. */
  recipients: string[];
  client: { address: string; helo: string; name?: string; tls?: string; protocol: Protocol };
};

/** A mail as it is stored: the message is the pieces put before (if `chunked`), in order, followed by `raw`. */
export type IncomingMail = {
  id: string;
  receivedAt: Date;
  envelope: Envelope;
  /** zstd of our Received field and the message; of what follows the pieces when `chunked`. */
  raw: Buffer;
  /** Bytes of the message as the client meant it, without our Received field. */
  size: number;
  chunked: boolean;
};

/** Yes, for mails of up to so many bytes; what is larger and says so beforehand is refused there and then. */
export type UpTo = { mostBytes: number };

export type IntakeDoors = {
  /** Does some room take mail for this address? Asked at RCPT, of addresses in our domain only; throws when the database is away. */
  accepts(address: string): Promise<"yes" | "unknown" | "closed" | UpTo>;
  /** Stores all of them in one statement and commit; rejects when nothing was stored. */
  put(mails: IncomingMail[]): Promise<void>;
  /** Stores a part of a large mail as it is read. Parts of a mail that is never `put` are swept later. */
  putPiece(mailId: string, index: number, piece: Buffer): Promise<void>;
};
