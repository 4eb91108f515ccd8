import { Elysia } from "elysia";
import { ErrorPage } from "../../views/ui/error.tsx";
import { Toast } from "../../views/ui/toast.tsx";
import { AppError } from "../errors.ts";
import { describeError, type Logger } from "../ops/logging.ts";
import { readCalendar } from "./calendar.ts";
import type { Cookies } from "./cookies.ts";
import { surfaceOf } from "./htmx.ts";
import type { Frame } from "./pages.ts";
import { errorHeaders, problemResponse, statusOf, titleOf, toAppError } from "./problem.ts";
import { pathOf } from "./redirect.ts";
import { readTheme } from "./theme.ts";

export interface Route {
  readonly method: string;
  readonly path: string;
}

/**
 * Responds to errors: with problem details for a program, a page for a browser, a toast for htmx. Declared before
 * everything else, as Elysia's hooks apply only to what comes after them.
 * @param routes filled once the app is composed; distinguishes a wrong method from an unknown path
 */
export function errorHandler(logger: Logger, routes: readonly Route[], cookies: Cookies) {
  return new Elysia({ name: "error-handler" }).onError(
    { as: "global" },
    function respondToError({ code, error: thrown, request }) {
      let error = toAppError(code, thrown);
      const headers = errorHeaders(error);
      if (error.code === "notFound") {
        const allowed = allowedMethods(routes, new URL(request.url).pathname);
        if (allowed.length > 0 && !allowed.includes(request.method)) {
          error = new AppError(
            "methodNotAllowed",
            `This address does not support ${request.method}. Use ${allowed.join(" or ")}.`,
          );
          headers.allow = allowed.join(", ");
        }
      }
      if (statusOf(error) >= 500) {
        logger.error("error", {
          "request.id": request.headers.get("x-request-id") ?? "",
          "error.type": error.code,
          ...describeError(error.cause ?? error),
        });
      }
      switch (surfaceOf(request)) {
        case "api":
          return problemResponse(error, request, headers);
        case "fragment":
          return fragmentResponse(error, request, headers);
        case "page":
          return pageResponse(error, request, headers, {
            theme: readTheme(request, cookies),
            calendar: readCalendar(request, cookies),
          });
      }
    },
  );
}

type Headers = Record<string, string>;

/** Responds to a browser, which is led to the sign-in page and back if it has to sign in. */
async function pageResponse(error: AppError, request: Request, headers: Headers, frame: Frame): Promise<Response> {
  if (error.code === "unauthenticated")
    return new Response(null, { status: 303, headers: { location: signInUrl(returnPath(request)) } });
  const page = (
    <ErrorPage
      frame={frame}
      status={statusOf(error)}
      title={titleOf(error)}
      message={error.message}
      requestId={request.headers.get("x-request-id") ?? ""}
    />
  );
  return markup(`<!doctype html>${await page}`, statusOf(error), headers);
}

/** Responds to htmx with a toast. */
async function fragmentResponse(error: AppError, request: Request, headers: Headers): Promise<Response> {
  if (error.code === "unauthenticated")
    return new Response(null, {
      status: 401,
      headers: { ...headers, "hx-redirect": signInUrl(returnPath(request)) },
    });
  const requestId = statusOf(error) >= 500 ? (request.headers.get("x-request-id") ?? "") : undefined;
  const toast = <Toast message={error.message} kind="problem" requestId={requestId} />;
  return markup(await toast, statusOf(error), { ...headers, "hx-reswap": "none", "hx-push-url": "false" });
}

const markup = (html: string, status: number, headers: Headers) =>
  new Response(html, { status, headers: { ...headers, "content-type": "text/html; charset=utf-8" } });

const signInUrl = (next: string) => `/login?next=${encodeURIComponent(next)}`;

/** Returns the page to come back to after signing in: the one requested, or the one whose form was used. */
function returnPath(request: Request): string {
  const isView = request.method === "GET" && !request.headers.has("hx-request");
  return (
    (isView ? pathOf(request.url) : pathOf(request.headers.get("hx-current-url") ?? request.headers.get("referer"))) ??
    "/tasks"
  );
}

/** Creating a pattern costs a hundred times as much as testing it. */
const patterns = new Map<string, URLPattern>();

function patternOf(path: string): URLPattern {
  const pattern = patterns.get(path) ?? new URLPattern({ pathname: path });
  patterns.set(path, pattern);
  return pattern;
}

/** A fixed path takes precedence over a pattern that matches it too, such as /api/tasks/bulk. */
function allowedMethods(routes: readonly Route[], pathname: string): string[] {
  const fixed = routes.filter(({ path }) => path === pathname);
  const fitting = routes.filter(({ path }) => patternOf(path).test({ pathname }));
  const methods = new Set((fixed.length > 0 ? fixed : fitting).map(({ method }) => method));
  if (methods.has("GET")) methods.add("HEAD");
  return [...methods].sort();
}
