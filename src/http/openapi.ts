import type { DocumentDecoration } from "elysia";

const ERRORS = {
  400: "The body can't be read",
  401: "Not signed in",
  403: "Not allowed: the account is disabled, your role in the project does not allow it, or the request came from another site",
  404: "It does not exist, or you may not see it",
  409: "It conflicts with existing data; see `detail`",
  412: "It has changed since you read it",
  413: "The body is larger than 1 MiB",
  415: "The body has the wrong media type",
  422: "A field is wrong; see `errors`",
  429: "Too many attempts or streams; `Retry-After` says how many seconds to wait",
} as const;

interface Operation {
  tag: string;
  summary: string;
  description?: string;
  /** Needs no session. */
  open?: true;
  /** Accepts a form as well as JSON. */
  form?: true;
  /** Accepts an Idempotency-Key. */
  repeatable?: true;
  /** The status of success; 200 by default. */
  status?: 200 | 201 | 204;
  /** The schema of the response, by its name in the document (see `app.ts`). */
  schema?: string;
  /** Responds with server-sent events. */
  stream?: true;
  /** Response headers to document. */
  headers?: (keyof typeof HEADERS)[];
  /** The header that makes the request conditional. */
  conditional?: "If-Match" | "If-None-Match";
  errors: (keyof typeof ERRORS)[];
}

const HEADERS = {
  ETag: {
    description:
      "Identifies this version of the response, for `If-None-Match`. The ETag of a task, project or comment also works in `If-Match`.",
    schema: { type: "string", examples: ['"3"', 'W/"1sg-18n76fd5evhy4"'] },
  },
  Location: {
    description: "The URL of what was created.",
    schema: { type: "string", example: "/api/tasks/019aab2c-7f3e-7000-8b2a-3d5e6f708192" },
  },
  "TaskFlow-Change": {
    description: "The id of the change, for `POST /api/changes/{id}/undo`. Missing if nothing has changed.",
    schema: { type: "string", example: "1204" },
  },
} as const;

export const RETRY_AFTER = {
  description: "How many seconds to wait before the next attempt.",
  schema: { type: "integer", example: 5 },
};

/** Without `example`: the page under /docs would send it with every request. */
const REQUEST_HEADERS = {
  conditional: {
    in: "header",
    required: false,
    description: 'An ETag as you received it, with its quotes: `"3"`.',
    schema: { type: "string" },
  },
  repeatable: {
    name: "Idempotency-Key",
    in: "header",
    required: false,
    description:
      "1 to 255 printable characters, such as a UUID; a new one for each new request. The same request with the same key within 24 hours gets the first response and changes nothing twice.",
    schema: { type: "string" },
  },
} as const;

/**
 * Returns the documentation of a route. The specs check responses against it; a `response` schema on the route would
 * check every response at run time, which costs a third of the speed.
 */
export function operation({
  tag,
  summary,
  description,
  open,
  form,
  repeatable,
  status = 200,
  schema,
  stream,
  headers = [],
  conditional,
  errors,
}: Operation): DocumentDecoration & { "x-parameters": object[] } {
  const success = {
    description: summary,
    ...(headers.length > 0 && { headers: Object.fromEntries(headers.map((name) => [name, HEADERS[name]])) }),
    ...(stream && { content: { "text/event-stream": { schema: { type: "string" } } } }),
    ...(schema && { content: { "application/json": { schema: { $ref: `#/components/schemas/${schema}` } } } }),
  };
  const failures = errors.map((code) => [
    code,
    {
      description: ERRORS[code],
      ...(code === 429 && { headers: { "Retry-After": RETRY_AFTER } }),
      content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
    },
  ]);
  return {
    tags: [tag],
    summary,
    description,
    security: open ? [] : [{ bearer: [] }, { cookie: [] }],
    ...(form && { "x-form": true }),
    // The plugin would replace the parameters of the path and the query by these.
    "x-parameters": [
      ...(conditional ? [{ ...REQUEST_HEADERS.conditional, name: conditional }] : []),
      ...(repeatable ? [REQUEST_HEADERS.repeatable] : []),
    ],
    responses: {
      [status]: success,
      ...(conditional === "If-None-Match" && { 304: { description: "Your version is current" } }),
      ...Object.fromEntries(failures),
    },
  };
}
