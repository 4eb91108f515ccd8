import { Elysia, t } from "elysia";
import type { ClientOf } from "../../http/client.ts";
import { operation } from "../../http/openapi.ts";
import { assertAccount, type Sessions } from "../../http/session.ts";
import { eventStream, eventStreamHead } from "../../http/sse.ts";
import { strict, Text } from "../../validation/types.ts";
import type { Live } from "./live.ts";
import { POSITION } from "./position.ts";

const EventQuery = t.Object(
  {
    after: t.Optional(
      Text({
        title: "After",
        minLength: 1,
        maxLength: 12_000,
        pattern: POSITION.source,
        hint: "After must be the id of an event.",
        description:
          "The id of the last event you know, for a first connection. `Last-Event-ID` takes precedence. While your Inbox is your only project, the number of the last change you know.",
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

/** No position: a client with an unreadable `Last-Event-ID` has to reload. */
const UNKNOWN = "";

export const eventsApi = (live: Live, sessions: Sessions, clientOf: ClientOf) =>
  new Elysia({ name: "events-api", prefix: "/api/events" })
    .use(sessions.signedIn)
    .head("", eventStreamHead, { detail: { hide: true } })
    .get(
      "",
      ({ actor, query, request }) => {
        assertAccount(actor, query.account);
        const { network } = clientOf(request);
        live.assertCapacity(actor, network);
        const lastEventId = request.headers.get("last-event-id");
        const after = eventId(lastEventId) ?? query.after ?? (lastEventId ? UNKNOWN : actor.access.position);
        return eventStream((outlet) => live.open(actor, network, outlet, after));
      },
      {
        query: EventQuery,
        detail: operation({
          tag: "Changes",
          summary: "Follow changes live",
          description:
            "Server-sent events. `change` carries a Change of a project that you see. Send the id of the last event as `Last-Event-ID` to miss nothing. `reload` means that you missed too much, or see other projects now: read everything again. The stream ends with the session, or when its client has not read for a minute. An account can have 50 streams in each process, and an address 500. This page shows a response only once it has ended; in a terminal: `curl -N -H 'Authorization: Bearer …' …/api/events`.",
          stream: true,
          errors: [401, 422, 429],
        }),
      },
    );

const eventId = (id: string | null) => (id !== null && POSITION.test(id) ? id : undefined);
