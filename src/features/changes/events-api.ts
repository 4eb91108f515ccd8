import { Elysia, t } from "elysia";
import { operation } from "../../http/openapi.ts";
import { assertAccount, type Sessions } from "../../http/session.ts";
import { Count, Text } from "../../validation/index.ts";
import type { Live, LiveEvent } from "./live.ts";

const EventQuery = t.Object(
  {
    after: t.Optional(
      Count({
        title: "After",
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: "The last change you know of, for a first connection; `Last-Event-ID` counts before it.",
      }),
    ),
    account: t.Optional(
      Text({
        title: "Account",
        minLength: 1,
        maxLength: 64,
        description: "The id of the account whose changes are wanted: 401 when somebody else is signed in by now.",
      }),
    ),
  },
  { additionalProperties: false },
);

const HEADERS = { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" };
/** Clients come back this fast after a connection was lost. */
const RETRY_MS = 1000;

export const liveApi = (live: Live, sessions: Sessions) =>
  new Elysia({ name: "live-api", prefix: "/api/events" })
    .use(sessions.signedIn)
    // Said by itself: Elysia's own answer to HEAD would read the stream to its end.
    .head("", () => new Response(null, { headers: HEADERS }), { detail: { hide: true } })
    .get(
      "",
      ({ actor, query, request }) => {
        assertAccount(actor, query.account);
        live.assertRoom(actor);
        const last = request.headers.get("last-event-id");
        const after = changeNamed(last) ?? (query.after as number | undefined) ?? (last ? UNKNOWN : undefined);
        return eventStream((outlet) => live.open(actor, outlet, after));
      },
      {
        query: EventQuery,
        detail: operation({
          tag: "Changes",
          summary: "Follow what happens",
          description:
            "Server-sent events. `change` carries a Change, its number is the event's id: send the last one as `Last-Event-ID` to miss nothing. `reload` means that too much was missed: read everything anew. The stream ends with the session, and one that nobody reads after a minute. An account may have 50 at a time in each process. This page shows an answer only when it has ended; by hand: `curl -N -H 'Authorization: Bearer …' …/api/events`.",
          stream: true,
          errors: [401, 422, 429],
        }),
      },
    );

/** Past every change: a client that can't say what it knows is told to read everything anew. */
const UNKNOWN = Number.MAX_SAFE_INTEGER;
const changeNamed = (id: string | null) => (/^\d{1,15}$/.test(id ?? "") ? Number(id) : undefined);

/** A body of server-sent events (HTML standard, section 9.2). */
function eventStream(open: (outlet: Parameters<Live["open"]>[1]) => ReturnType<Live["open"]>): Response {
  const encoder = new TextEncoder();
  let stream: ReturnType<Live["open"]> | undefined;
  let gone = false; // the client went: then the body is closed already
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`));
        stream = open({
          send: (event) => controller.enqueue(encoder.encode(textOf(event))),
          ready: () => (controller.desiredSize ?? 0) > 0,
          close() {
            if (gone) return;
            if ((controller.desiredSize ?? 0) > 0) controller.close();
            // Who reads nothing would not read the end either: the connection is cut.
            else controller.error(new Error("the client reads nothing"));
          },
        });
      },
      pull: () => stream?.ready(),
      cancel() {
        gone = true;
        stream?.gone();
      },
    },
    { highWaterMark: 8 },
  );
  return new Response(body, { headers: HEADERS });
}

function textOf(event: LiveEvent): string {
  switch (event.kind) {
    case "change":
      return `id: ${event.change.id}\nevent: change\ndata: ${JSON.stringify(event.change)}\n\n`;
    case "reload":
      return `id: ${event.newest}\nevent: reload\ndata: {}\n\n`;
    case "heartbeat":
      return ": still here\n\n";
  }
}
