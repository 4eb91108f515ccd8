import { AppError, CommandError } from "../../errors.ts";

/** Returns PostgreSQL's code of an error (`40001`) or Bun's (`ERR_POSTGRES_…`), also inside Drizzle's wrapper, or "". */
export function postgresCode(error: unknown): string {
  const { errno, code, cause } = (error ?? {}) as { errno?: unknown; code?: unknown; cause?: unknown };
  if (typeof errno === "string" && errno !== "") return errno;
  if (typeof code === "string" && code.startsWith("ERR_POSTGRES")) return code;
  return cause === undefined ? "" : postgresCode(cause);
}

/** Returns whether the connection failed, and not the query: it was lost, refused or unusable. */
export const isConnectionError = (error: unknown) =>
  /^(ERR_POSTGRES_(CONNECTION|TLS|IDLE|LIFETIME)|57P0|08)/.test(postgresCode(error));

/** The connection failed, the server is out of resources, or it is read-only. */
const isUnavailable = (error: unknown) => isConnectionError(error) || /^(53|58|25006)/.test(postgresCode(error));

/** The disk is full or failing, or the server is read-only. */
const isUnwritable = (error: unknown) => /^(53100|58|25006)/.test(postgresCode(error));

const QUERY_CANCELED = "57014";

const SERIALIZATION_FAILURE = "40001";
const DEADLOCK = "40P01";
export const UNIQUE_VIOLATION = "23505";

/** Returns whether another transaction interfered: both wrote the same new key, for example (PostgreSQL, appendix A). */
export const isConflict = (error: unknown) =>
  [SERIALIZATION_FAILURE, DEADLOCK, UNIQUE_VIOLATION].includes(postgresCode(error));

/**
 * Returns AppError `unavailable` for a failure of the engine, and any other error unchanged.
 * @param committing whether only the commit was left, whose outcome is then unknown
 */
export function translateError(error: unknown, committing = false): unknown {
  const appError = findAppError(error);
  if (appError && !committing) return appError;
  const code = postgresCode(error);
  if (appError || isUnavailable(error) || code === QUERY_CANCELED) {
    const message = committing
      ? "The database failed before it confirmed the change. Check whether the change was made before you try again; a request with the same Idempotency-Key is safe to repeat."
      : isUnwritable(error)
        ? "The database can't store changes right now. Nothing was changed; try again in a moment."
        : "The database is unreachable or too slow right now. Nothing was changed; try again in a moment.";
    return new AppError("unavailable", message, [], { cause: error });
  }
  if (code === SERIALIZATION_FAILURE || code === DEADLOCK) {
    const message = "Too many changes are being made right now. Nothing was changed; try again.";
    return new AppError("unavailable", message, [], { cause: error });
  }
  return error;
}

function findAppError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  const { cause } = (error ?? {}) as { cause?: unknown };
  return cause === undefined ? undefined : findAppError(cause);
}

/** Returns a CommandError that says why a server can't be used, and what to do. */
export const postgresFailure = (url: string, error: unknown): CommandError =>
  error instanceof CommandError ? error : new CommandError(messageFor(url, error), { cause: error });

function messageFor(url: string, error: unknown): string {
  const { hostname, port, pathname } = URL.canParse(url) ? new URL(url) : { hostname: "", port: "", pathname: "" };
  const server = `PostgreSQL (${hostname || "localhost"}:${port || 5432})`;
  const database = `“${pathname.slice(1)}”`;
  const code = postgresCode(error);
  if (code === "28P01" || code === "28000") return `${server} refuses the user or the password of DATABASE_URL`;
  if (code === "3D000") return `${server} has no database ${database}; create it, or set DATABASE_URL to another`;
  if (code === "42501") return noCreatePrivilege(url);
  if (code === "53300")
    return `${server} has no connection left for DATABASE_URL; raise its limit, or put a pooler in front of it`;
  if (isUnavailable(error)) return `can't reach ${server}; start it, or correct DATABASE_URL and DATABASE_DIRECT_URL`;
  return `can't use ${server}: ${code || (error as Error).name}`;
}

/** Returns the message for a user that can't create tables. */
export const noCreatePrivilege = (url: string) =>
  `the user of DATABASE_URL may not create tables in “${new URL(url).pathname.slice(1)}”; make it the owner of the database`;
