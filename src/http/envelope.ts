import type { Server } from "bun";
import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";
import type { Logger } from "../ops/logging.ts";
import { problemResponse } from "./problem.ts";
import { clientAddress, isSecure } from "./request.ts";

const SECURITY_HEADERS = Object.entries({
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  // Forms without JavaScript are sent back to the view they came from, which the site itself may know.
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
});

/** Four heartbeats of a live stream: who has not read by then is gone, and its connection is cut. */
const STREAM_IDLE_SECONDS = 60;

interface Surroundings {
  config: Pick<Config, "trustProxy" | "database">;
  logger: Logger;
  /** True once the process is on its way out: clients are asked to open their next connection elsewhere. */
  stopping: () => boolean;
}

/**
 * What is true of every answer, whoever made it: a request id in and out, security headers, nothing private in a
 * cache, compression, one line in the log. Stands outside Elysia, which tells hooks another status than it sends.
 */
export function envelope(
  handle: (request: Request) => Response | Promise<Response>,
  { config, logger, stopping }: Surroundings,
) {
  return async function answer(received: Request, server?: Server<unknown>): Promise<Response> {
    const request = addressed(received);
    const started = performance.now();
    const requestId = requestIdOf(request);
    request.headers.set("x-request-id", requestId);

    let response: Response;
    try {
      response = await compressed(request, await handle(request));
      if (config.database.engine === "postgres") response = await inOnePiece(request, response);
    } catch (error) {
      logger.error("unanswered", { requestId, ...describeError(error) });
      response = problemResponse(
        new AppError("internal", "Something went wrong on our side. Try again in a moment."),
        request,
      );
    }

    const { headers } = response;
    headers.set("x-request-id", requestId);
    for (const [name, value] of SECURITY_HEADERS) headers.set(name, value);
    if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
    if (isSecure(request, config)) headers.set("strict-transport-security", "max-age=31536000");
    // A stream may be silent for longer than another connection, but not for ever: its heartbeats go to who reads them.
    if (headers.get("content-type") === "text/event-stream") server?.timeout(received, STREAM_IDLE_SECONDS);
    if (stopping()) headers.set("connection", "close");

    const pathname = pathnameOf(request.url);
    const level = response.status >= 500 ? "error" : /^\/(healthz|readyz|static\/)/.test(pathname) ? "debug" : "info";
    // Only where it is written: asking for the address costs a fifth of a small answer.
    if (logger.writes(level))
      logger[level]("request", {
        method: request.method,
        path: pathname,
        status: response.status,
        ms: Math.round((performance.now() - started) * 10) / 10,
        requestId,
        address: clientAddress(request, server?.requestIP(received)?.address, config),
      });
    return response;
  };
}

/** A Host that makes no sense, or none as simple probes send it, leaves an address that can't be read: any other will do. */
function addressed(request: Request): Request {
  if (URL.canParse(request.url)) return request;
  const path = request.url.replace(/^https?:\/\/[^/]*/, "");
  return new Request(
    URL.canParse(path, "http://localhost") ? new URL(path, "http://localhost") : "http://localhost/",
    request,
  );
}

/** The path of an address that is known to be one, without taking it apart. */
function pathnameOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const query = url.indexOf("?", start);
  return query === -1 ? url.slice(start) : url.slice(start, query);
}

/** Keeps an id that a proxy gave, when it is one; makes one otherwise. */
function requestIdOf(request: Request): string {
  const given = request.headers.get("x-request-id") ?? "";
  return /^[\w.:-]{1,128}$/.test(given) ? given : Bun.randomUUIDv7();
}

const TEXT = /^(text\/html|application\/json)/;
/** From here on Bun writes each word of an answer's head by itself. */
const LARGE = 15_000;

/**
 * Bun 1.4 sends the head of a large answer in forty pieces when the answer had to be waited for, as on PostgreSQL:
 * 5,600 answers of 28 kB a second against 27,500 as a stream.
 */
async function inOnePiece(request: Request, response: Response): Promise<Response> {
  const { headers, status, body } = response;
  if (!body || request.method === "HEAD" || !TEXT.test(headers.get("content-type") ?? "")) return response;
  const bytes = await response.bytes();
  if (bytes.length < LARGE) return new Response(bytes, { status, headers });
  headers.delete("content-length");
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  return new Response(stream, { status, headers });
}

/** Pages and JSON shrink to a tenth. An answer with an ETag stays as it is: a strong tag names one form of the bytes. */
async function compressed(request: Request, response: Response): Promise<Response> {
  const { headers } = response;
  if (headers.has("etag") || headers.has("content-encoding")) return response;
  if (!TEXT.test(headers.get("content-type") ?? "")) return response;
  headers.append("vary", "accept-encoding");
  const coding = preferredCoding(request, ["zstd", "gzip"]);
  if (!coding || request.method === "HEAD") return response;
  const bytes = await response.bytes();
  const small = bytes.length < 1024;
  if (!small) headers.set("content-encoding", coding);
  headers.delete("content-length");
  return new Response(small ? bytes : encode(bytes, coding), { status: response.status, headers });
}

/** Level 1 of zstd costs a fraction of what it saves. */
export const encode = (bytes: Uint8Array<ArrayBuffer>, coding: "zstd" | "gzip") =>
  (coding === "zstd"
    ? Bun.zstdCompressSync(bytes, { level: 1 })
    : Bun.gzipSync(bytes, { level: 4 })) as Uint8Array<ArrayBuffer>;

/** @returns the first of the codings that the client takes (RFC 9110, section 12.5.3) */
export function preferredCoding<Coding extends string>(
  request: Request,
  codings: readonly Coding[],
): Coding | undefined {
  const taken = (request.headers.get("accept-encoding") ?? "")
    .toLowerCase()
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => !/;\s*q=0(\.0*)?$/.test(entry))
    .map((entry) => entry.split(";")[0]?.trim());
  return codings.find((coding) => taken.includes(coding));
}

/** What a log may hold of an error: its kind and where it came from. A database's message quotes the row. */
export function describeError(error: unknown) {
  const {
    name,
    message,
    code,
    stack = "",
    cause,
  } = (error instanceof Error ? error : new Error(String(error))) as NodeJS.ErrnoException;
  const quotes = error instanceof Error && ("query" in error || /^(SQLite|Postgres)Error$/.test(name));
  const { errno, code: inner } = (cause ?? {}) as { errno?: unknown; code?: unknown };
  const told = code ?? (typeof errno === "string" ? errno : inner);
  return {
    error: quotes ? error.constructor.name : name,
    code: told === undefined ? undefined : String(told),
    // The message comes first in the stack, and may look like a part of it.
    stack: quotes ? stack.slice(stack.indexOf(message) + message.length) : stack,
  };
}
