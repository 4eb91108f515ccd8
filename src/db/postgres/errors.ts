import type { SQL } from "bun";
import { AppError, CommandError } from "../../errors.ts";

/** @returns PostgreSQL's own code (`40001`) or Bun's (`ERR_POSTGRES_…`), looking through Drizzle's wrapper, or "" */
export function codeOf(error: unknown): string {
  const { errno, code, cause } = (error ?? {}) as { errno?: unknown; code?: unknown; cause?: unknown };
  if (typeof errno === "string" && errno !== "") return errno;
  if (typeof code === "string" && code.startsWith("ERR_POSTGRES")) return code;
  return cause === undefined ? "" : codeOf(cause);
}

/** The connection, not what was asked over it: lost, refused, or of no use. */
export const isLost = (error: unknown) => /^(ERR_POSTGRES_(CONNECTION|TLS|IDLE|LIFETIME)|57P0|08)/.test(codeOf(error));

/** The same, or out of resources, or led to a server that only reads. */
const isUnreachable = (error: unknown) => isLost(error) || /^(53|58|25006)/.test(codeOf(error));

/** A full or failing disk, or a server that only reads. */
const isUnwritable = (error: unknown) => /^(53100|58|25006)/.test(codeOf(error));

/** What became of a statement that took longer than it may. */
const TOO_LONG = "57014";

/**
 * @param finished whether only the commit was left, which may have happened although nobody could say so
 * @returns AppError `unavailable` for what the engine could not do, and any other error as it is
 */
export function failureOf(error: unknown, finished = false): unknown {
  const inner = appErrorIn(error);
  if (inner && !finished) return inner;
  if (inner || isUnreachable(error) || codeOf(error) === TOO_LONG) {
    const message = finished
      ? "The database went away before it confirmed the change. Look whether it is there before you try again; a request with the same Idempotency-Key is safe to repeat."
      : isUnwritable(error)
        ? "The database can't store changes right now. Nothing was changed; try again in a moment."
        : "The database can't be reached right now, or takes too long. Nothing was changed; try again in a moment.";
    return new AppError("unavailable", message, [], { cause: error });
  }
  if (codeOf(error) === "40001" || codeOf(error) === "40P01")
    return new AppError(
      "unavailable",
      "Very many changes are being made right now. Nothing was changed; try again.",
      [],
      {
        cause: error,
      },
    );
  return error;
}

/** @returns CommandError that says what keeps a server from being used, and what to do */
export const postgresFailure = (url: string, error: unknown): CommandError =>
  error instanceof CommandError ? error : new CommandError(startupMessage(url, error), { cause: error });

function startupMessage(url: string, error: unknown): string {
  const { hostname, port, pathname } = URL.canParse(url) ? new URL(url) : { hostname: "", port: "", pathname: "" };
  const server = `PostgreSQL (${hostname || "localhost"}:${port || 5432})`;
  const database = `“${pathname.slice(1)}”`;
  const code = codeOf(error);
  if (code === "28P01" || code === "28000") return `${server} refuses the user or the password of DATABASE_URL`;
  if (code === "3D000") return `${server} has no database ${database}; create it, or set DATABASE_URL to another`;
  if (code === "42501") return mayNotCreate(url);
  if (code === "53300")
    return `${server} has no connection left for DATABASE_URL; raise its limit, or put a pooler in front of it`;
  if (isUnreachable(error))
    return `can't reach ${server}; start it, or set DATABASE_URL and DATABASE_DIRECT_URL to where it is`;
  return `can't use ${server}: ${code || (error as Error).name}`;
}

export const mayNotCreate = (url: string) =>
  `the user of DATABASE_URL may not create tables in “${new URL(url).pathname.slice(1)}”; make it the owner of the database`;

function appErrorIn(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  const { cause } = (error ?? {}) as { cause?: unknown };
  return cause === undefined ? undefined : appErrorIn(cause);
}

/**
 * The part of a client that Drizzle asks, with failures in words: a reader's caller learns that there is no database.
 * @param ask told of each question, and what it returns of the end of it
 */
export function guarded(client: () => Pick<SQL, "unsafe">, ask: () => () => void): SQL {
  const unsafe = (text: string, values: unknown[]) => {
    const query = client().unsafe(text, values);
    const settled = (asked: Promise<unknown>) => {
      const answered = ask();
      return asked.then(
        (rows) => {
          answered();
          return rows;
        },
        (error) => {
          answered();
          throw failureOf(error);
        },
      );
    };
    return {
      values: () => settled(query.values()),
      // biome-ignore lint/suspicious/noThenProperty: a query is awaited, as Bun's own is
      then: (resolve: (rows: unknown) => unknown, reject: (error: unknown) => unknown) =>
        settled(query).then(resolve, reject),
    };
  };
  return { unsafe } as unknown as SQL;
}
