/** What went wrong, in the words of the domain. `src/http/problem.ts` alone maps a code to a status. */
export type ErrorCode =
  | "malformed" // the body can't be read at all
  | "invalid" // it can be read, but a field is wrong: see `issues`
  | "unauthenticated" // nobody is signed in
  | "forbidden" // somebody is, but may not
  | "notFound" // it does not exist, or it isn't theirs
  | "methodNotAllowed"
  | "conflict" // true input that clashes with what is there: see `issues`
  | "preconditionFailed" // the thing changed since the caller last saw it
  | "tooLarge"
  | "unsupportedMediaType"
  | "tooManyRequests"
  | "unavailable" // try again later
  | "internal";

/** One wrong field. `path` is a JSON Pointer (RFC 6901), empty for the whole; `rule` is for programs, `message` for people. */
export interface Issue {
  readonly path: string;
  readonly rule: string;
  readonly message: string;
}

/** The one error that is thrown on purpose. Its message is fit for a person and tells no internals. */
export class AppError extends Error {
  override readonly name = "AppError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly issues: readonly Issue[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
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
