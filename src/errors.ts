/** What is wrong, in terms of the domain. `src/http/problem.ts` maps a code to a status. */
export type ErrorCode =
  | "malformed" // the body can't be parsed
  | "invalid" // a field is wrong: see `issues`
  | "unauthenticated" // not signed in
  | "forbidden" // signed in, but not allowed
  | "notFound" // it does not exist, or belongs to another account
  | "methodNotAllowed"
  | "conflict" // valid input that conflicts with existing data: see `issues`
  | "preconditionFailed" // the item has changed since the client read it
  | "tooLarge"
  | "unsupportedMediaType"
  | "tooManyRequests"
  | "unavailable" // try again later
  | "internal";

/** One wrong field. `path` is a JSON Pointer (RFC 6901), empty for the whole body; `rule` is for programs, `message` for people. */
export interface Issue {
  readonly path: string;
  readonly rule: string;
  readonly message: string;
}

/** Rejects a request. Its message is for people and contains no internals. */
export class AppError extends Error {
  override readonly name = "AppError";
  /** Seconds after which the request may succeed, if that is known. */
  readonly retryAfter: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly issues: readonly Issue[] = [],
    options?: ErrorOptions & { retryAfter?: number },
  ) {
    super(message, options);
    this.retryAfter = options?.retryAfter;
  }
}

/**
 * Ends a command or a start: something outside the program is wrong. The message says what, and what to do; the
 * program prints it and exits with 1.
 */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
}

/** Ends a command that its user did not confirm. */
export class Cancelled extends CommandError {
  override readonly name = "Cancelled";

  constructor() {
    super("cancelled; nothing was changed");
  }
}
