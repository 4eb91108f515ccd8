import { availableParallelism } from "node:os";
import { AppError } from "../../errors.ts";

/** OWASP Password Storage Cheat Sheet: bcrypt with a cost of 10 or more. 12 takes about a quarter of a second. */
const BCRYPT = { algorithm: "bcrypt", cost: 12 } as const;

/** A core stays free for everything else, so that a crowd at the door holds up nobody inside. */
const AT_ONCE = Math.max(1, availableParallelism() - 1);
/** Beyond this the wait would be longer than a person waits: better to say so at once. */
const MOST_WAITING = 100;

let hashing = 0;
const waiting: (() => void)[] = [];

async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (waiting.length >= MOST_WAITING) {
    throw new AppError("unavailable", "Very many people are signing in right now. Try again in a moment.");
  }
  // A place is handed on, not freed and taken again, so that nobody overtakes.
  if (hashing >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
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
 * The same password typed on another keyboard can arrive as other code points (NIST SP 800-63B, section 5.1.1.2).
 * Bun hashes what is over 72 bytes with SHA-512 first, so that bcrypt ignores none of it.
 */
const normal = (password: string) => password.normalize("NFKC");

/** @returns a bcrypt hash in modular crypt form, computed off the event loop */
export function hashPassword(password: string): Promise<string> {
  return inTurn(() => Bun.password.hash(normal(password), BCRYPT));
}

/** Well-formed, and no password's hash: what an unknown user's password is compared with. */
const DECOY = `$2b$${BCRYPT.cost}$${".".repeat(53)}`;

/**
 * @param hash undefined when there is no such user: the same work is done, so that the time tells nothing
 * @returns whether the password is the one that was hashed
 */
export function verifyPassword(password: string, hash: string | undefined): Promise<boolean> {
  return inTurn(() => Bun.password.verify(normal(password), hash ?? DECOY));
}

/** @returns whether the password is on the list of those that many people use, or a single character over and over */
export async function isCommonPassword(password: string): Promise<boolean> {
  // Loaded when the first person registers: 50,000 words that a restart need not wait for.
  const { dictionary } = await import("@zxcvbn-ts/language-common");
  common ??= new Set(dictionary["passwords-common"] as string[]);
  const folded = normal(password).toLowerCase();
  return common.has(folded) || (folded.length < 20 && new Set(folded).size < 3);
}
let common: Set<string> | undefined;
