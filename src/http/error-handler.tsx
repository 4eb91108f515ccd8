import { Elysia } from "elysia";
import { ErrorPage } from "../../views/ui/error.tsx";
import { Toast } from "../../views/ui/toast.tsx";
import { AppError } from "../errors.ts";
import type { Logger } from "../ops/logging.ts";
import { describeError } from "./envelope.ts";
import { pathOf, themeOf } from "./pages.ts";
import { errorHeaders, problemResponse, statusOf, titleOf, toAppError } from "./problem.ts";
import { surfaceOf } from "./request.ts";

export interface Route {
  readonly method: string;
  readonly path: string;
}

/**
 * The one place that answers errors: a problem for a program, a page for a browser, a message for htmx. Registered
 * before everything else, as Elysia's hooks touch only what comes after them.
 * @param routes filled once the app is composed; tells a wrong method from a wrong address
 */
export function errorAnswers(logger: Logger, routes: readonly Route[]) {
  return new Elysia({ name: "error-answers" }).onError(
    { as: "global" },
    function answerError({ code, error: thrown, request }) {
      let error = toAppError(code, thrown);
      const headers = errorHeaders(error);
      if (error.code === "notFound") {
        const allowed = allowedMethods(routes, new URL(request.url).pathname);
        if (allowed.length > 0 && !allowed.includes(request.method)) {
          error = new AppError(
            "methodNotAllowed",
            `This address does not take ${request.method}. It takes ${allowed.join(", ")}.`,
          );
          headers.allow = allowed.join(", ");
        }
      }
      if (statusOf(error) >= 500) {
        logger.error("failed", {
          requestId: request.headers.get("x-request-id") ?? "",
          kind: error.code,
          ...describeError(error.cause ?? error),
        });
      }
      return ANSWERS[surfaceOf(request)](error, request, headers);
    },
  );
}

type Answer = (error: AppError, request: Request, headers: Record<string, string>) => Response | Promise<Response>;

const ANSWERS: Record<ReturnType<typeof surfaceOf>, Answer> = {
  api: problemResponse,

  async page(error, request, headers) {
    if (error.code === "unauthenticated")
      return new Response(null, { status: 303, headers: { location: signInUrl(returnPath(request)) } });
    const page = (
      <ErrorPage
        theme={themeOf(request)}
        status={statusOf(error)}
        title={titleOf(error)}
        message={error.message}
        requestId={request.headers.get("x-request-id") ?? ""}
      />
    );
    return markup(`<!doctype html>${await page}`, statusOf(error), headers);
  },

  async fragment(error, request, headers) {
    if (error.code === "unauthenticated")
      return new Response(null, {
        status: 401,
        headers: { ...headers, "hx-redirect": signInUrl(returnPath(request)) },
      });
    const toast = <Toast message={error.message} kind="problem" />;
    return markup(await toast, statusOf(error), { ...headers, "hx-reswap": "none", "hx-push-url": "false" });
  },
};

const markup = (html: string, status: number, headers: Record<string, string>) =>
  new Response(html, { status, headers: { ...headers, "content-type": "text/html; charset=utf-8" } });

const signInUrl = (next: string) => `/login?next=${encodeURIComponent(next)}`;

/** The page a person was on: the one asked for, or the one whose form or control was used. */
function returnPath(request: Request): string {
  const isView = request.method === "GET" && !request.headers.has("hx-request");
  return (
    (isView ? pathOf(request.url) : pathOf(request.headers.get("hx-current-url") ?? request.headers.get("referer"))) ??
    "/tasks"
  );
}

/** Building a pattern costs a hundred times what asking it does. */
const patterns = new Map<string, URLPattern>();

function patternOf(path: string): URLPattern {
  const pattern = patterns.get(path) ?? new URLPattern({ pathname: path });
  patterns.set(path, pattern);
  return pattern;
}

/** A fixed address counts before one with a variable that would fit it too, such as /api/tasks/bulk. */
function allowedMethods(routes: readonly Route[], pathname: string): string[] {
  const fixed = routes.filter(({ path }) => path === pathname);
  const fitting = routes.filter(({ path }) => patternOf(path).test({ pathname }));
  const methods = new Set((fixed.length > 0 ? fixed : fitting).map(({ method }) => method));
  if (methods.has("GET")) methods.add("HEAD");
  return [...methods].sort();
}
