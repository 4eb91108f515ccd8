import { availableParallelism } from "node:os";
import { AppError } from "../../errors.ts";

/** OWASP Password Storage Cheat Sheet: bcrypt with a cost of 10 or more. 12 takes about a quarter of a second. */
const BCRYPT = { algorithm: "bcrypt", cost: 12 } as const;

/** One core stays free for other requests. */
const MAX_CONCURRENT = Math.max(1, availableParallelism() - 1);
/** With more, the wait would be longer than people accept. */
const MAX_WAITING = 100;

let hashing = 0;
const waiting: (() => void)[] = [];

/** @throws AppError `unavailable` while the queue is full */
export function assertHashingCapacity(): void {
  if (waiting.length >= MAX_WAITING)
    throw new AppError("unavailable", "Too many people are signing in at the moment. Try again shortly.");
}

async function queued<Result>(work: () => Promise<Result>): Promise<Result> {
  assertHashingCapacity();
  // A finished job hands its place to the next one, so that none is overtaken.
  if (hashing >= MAX_CONCURRENT) await new Promise<void>((resolve) => waiting.push(resolve));
  else hashing++;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else hashing--;
  }
}

/**
 * A password typed on another keyboard can consist of other code points (NIST SP 800-63B, section 5.1.1.2).
 * Bun hashes passwords of over 72 bytes with SHA-512 first, so that bcrypt uses all of it.
 */
const normalize = (password: string) => password.normalize("NFKC");

/** Returns a bcrypt hash in modular crypt format, computed off the event loop. */
export function hashPassword(password: string): Promise<string> {
  return queued(() => Bun.password.hash(normalize(password), BCRYPT));
}

/** A well-formed hash of no password, for unknown accounts. */
const DECOY = `$2b$${BCRYPT.cost}$${".".repeat(53)}`;

/**
 * Returns whether a password matches a hash.
 * @param hash undefined if there is no such account: takes the same time, so that it reveals nothing
 */
export function verifyPassword(password: string, hash: string | undefined): Promise<boolean> {
  return queued(() => Bun.password.verify(normalize(password), hash ?? DECOY));
}

/** Returns whether a password is a common one, or repeats one or two characters. */
export async function isCommonPassword(password: string): Promise<boolean> {
  // Loaded on demand: 50,000 words that a start does not wait for.
  const { dictionary } = await import("@zxcvbn-ts/language-common");
  common ??= new Set(dictionary["passwords-common"] as string[]);
  const folded = normalize(password).toLowerCase();
  return common.has(folded) || (folded.length < 20 && new Set(folded).size < 3);
}
let common: Set<string> | undefined;
