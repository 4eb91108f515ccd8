import { Elysia, t } from "elysia";
import { operation } from "../../http/openapi.ts";
import { assertAccount, type Sessions } from "../../http/session.ts";
import { eventStream, eventStreamHead } from "../../http/sse.ts";
import { Count, strict, Text } from "../../validation/types.ts";
import type { Live } from "./live.ts";

const EventQuery = t.Object(
  {
    after: t.Optional(
      Count({
        title: "After",
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: "The last change you know, for a first connection. `Last-Event-ID` takes precedence.",
      }),
    ),
    account: t.Optional(
      Text({
        title: "Account",
        minLength: 1,
        maxLength: 64,
        description: "The id of the account whose changes you want; 401 if another account is signed in.",
      }),
    ),
  },
  strict,
);

/** Newer than every change: a client with an unreadable `Last-Event-ID` has to reload. */
const UNKNOWN = Number.MAX_SAFE_INTEGER;

export const eventsApi = (live: Live, sessions: Sessions) =>
  new Elysia({ name: "events-api", prefix: "/api/events" })
    .use(sessions.signedIn)
    .head("", eventStreamHead, { detail: { hide: true } })
    .get(
      "",
      ({ actor, newestChange, query, request }) => {
        assertAccount(actor, query.account);
        live.assertCapacity(actor);
        const lastEventId = request.headers.get("last-event-id");
        const after =
          eventId(lastEventId) ?? (query.after as number | undefined) ?? (lastEventId ? UNKNOWN : newestChange);
        return eventStream((outlet) => live.open(actor, outlet, after));
      },
      {
        query: EventQuery,
        detail: operation({
          tag: "Changes",
          summary: "Follow changes live",
          description:
            "Server-sent events. `change` carries a Change; its id is the event's id. Send the last one as `Last-Event-ID` to miss nothing. `reload` means that you missed too much: read everything again. The stream ends with the session, or when its client has not read for a minute. An account can have 50 streams in each process. This page shows a response only once it has ended; in a terminal: `curl -N -H 'Authorization: Bearer …' …/api/events`.",
          stream: true,
          errors: [401, 422, 429],
        }),
      },
    );

const eventId = (id: string | null) => (/^\d{1,15}$/.test(id ?? "") ? Number(id) : undefined);
