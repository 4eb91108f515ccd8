import type { ValidationError } from "elysia";
import { AppError, type ErrorCode, type Issue } from "../errors.ts";
import { invalid } from "../validation/check.ts";
import { issuesOf } from "../validation/issues.ts";

/** The status of each error code. */
const STATUS: Record<ErrorCode, number> = {
  malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  notFound: 404,
  methodNotAllowed: 405,
  conflict: 409,
  preconditionFailed: 412,
  tooLarge: 413,
  unsupportedMediaType: 415,
  invalid: 422,
  tooManyRequests: 429,
  internal: 500,
  unavailable: 503,
};

const TITLE: Record<ErrorCode, string> = {
  malformed: "The request can't be read",
  unauthenticated: "Not signed in",
  forbidden: "Not allowed",
  notFound: "Not found",
  methodNotAllowed: "Method not allowed",
  conflict: "Conflict",
  preconditionFailed: "Changed since you read it",
  tooLarge: "Too large",
  unsupportedMediaType: "Unsupported media type",
  invalid: "Invalid input",
  tooManyRequests: "Too many requests",
  internal: "Something went wrong",
  unavailable: "Not available right now",
};

export const statusOf = (error: AppError) => STATUS[error.code];
export const titleOf = (error: AppError) => TITLE[error.code];

/** RFC 9457, with one entry in `errors` for each wrong field. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  requestId: string;
  errors?: readonly Issue[];
}

/** Responds to a program. */
export function problemResponse(error: AppError, request: Request, headers: Record<string, string> = {}): Response {
  const problem: Problem = {
    type: "about:blank",
    title: titleOf(error),
    status: statusOf(error),
    detail: error.message,
    requestId: request.headers.get("x-request-id") ?? "",
    ...(error.issues.length > 0 && { errors: error.issues }),
  };
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...headers },
  });
}

/** Returns the headers that belong to the status. */
export function errorHeaders(error: AppError): Record<string, string> {
  if (error.code === "unauthenticated") return { "www-authenticate": "Bearer" };
  if (error.code === "tooManyRequests") return { "retry-after": String(error.retryAfter ?? 30) };
  if (error.code === "unavailable") return { "retry-after": String(error.retryAfter ?? 5) };
  return {};
}

/**
 * Turns any thrown value into an error with a message for people. Elysia's own messages contain the rejected values,
 * passwords included, and are never used.
 * @param code Elysia's name for the error
 */
export function toAppError(code: string | number, error: unknown): AppError {
  if (error instanceof AppError) return error;
  // Drizzle wraps the error of a database that can't be reached.
  if (error instanceof Error && error.cause instanceof AppError) return error.cause;
  switch (code) {
    case "VALIDATION": {
      // A path that can't be decoded.
      if ((error as ValidationError).type === "params") return toAppError("NOT_FOUND", error);
      const { validator, value } = error as ValidationError & {
        validator: { Errors(value: unknown): Iterable<never> };
        value: unknown;
      };
      return invalid(issuesOf(validator.Errors(value)));
    }
    case "NOT_FOUND":
      return new AppError("notFound", "There is nothing at this address.");
    case "PARSE":
      return new AppError("malformed", "The request can't be read.");
    default:
      return new AppError("internal", "Something went wrong on our side. Nothing is lost; try again in a moment.", [], {
        cause: error,
      });
  }
}
