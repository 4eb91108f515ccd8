import type { DocumentDecoration } from "elysia";

const ERRORS = {
  400: "The body can't be read",
  401: "Not signed in",
  403: "Not allowed: the account is disabled, or the request came from another site",
  404: "There is none, or it is somebody else's",
  409: "It clashes with what is there: `detail` says how",
  412: "The task has changed since you read it",
  413: "The body is larger than 1 MiB",
  415: "The body is of the wrong media type",
  422: "A field is wrong; `errors` names each",
  429: "Too many at once",
} as const;

interface Operation {
  tag: string;
  summary: string;
  description?: string;
  /** No sign-in needed. */
  open?: true;
  /** Takes a form as well as JSON. */
  form?: true;
  /** Takes an Idempotency-Key. */
  repeatable?: true;
  /** Of success; 200 unless said. */
  status?: 200 | 201 | 204;
  /** Name of the schema of the answer, in the document's components. */
  schema?: string;
  /** Answers with server-sent events. */
  stream?: true;
  /** Headers of the answer worth naming. */
  headers?: (keyof typeof HEADERS)[];
  /** The header that makes the request conditional. */
  conditional?: "If-Match" | "If-None-Match";
  errors: (keyof typeof ERRORS)[];
}

const HEADERS = {
  ETag: {
    description:
      "Names the answer as it is now, for `If-None-Match`. A task's names its version, for `If-Match` as well.",
    schema: { type: "string", examples: ['"3"', 'W/"1sg-18n76fd5evhy4"'] },
  },
  Location: {
    description: "Address of the new task.",
    schema: { type: "string", example: "/api/tasks/019aab2c-7f3e-7000-8b2a-3d5e6f708192" },
  },
  "TaskFlow-Change": {
    description: "The change that `POST /api/changes/{id}/undo` takes back; left out when nothing was changed.",
    schema: { type: "string", example: "1204" },
  },
} as const;

/** Without `example`: the page under /docs would send it along with every request that somebody tries. */
const REQUEST_HEADERS = {
  conditional: {
    in: "header",
    required: false,
    description: 'An ETag, as the API gave it: `"3"`, in its quotes.',
    schema: { type: "string" },
  },
  repeatable: {
    name: "Idempotency-Key",
    in: "header",
    required: false,
    description:
      "Any 1 to 255 printable characters, such as a UUID, new for each new request. The same request with the same key within 24 hours gets the first answer and does nothing twice.",
    schema: { type: "string" },
  },
} as const;

/**
 * What the API document says of a route. Answers are documented here and held against the document by the specs;
 * a `response` schema on the route would be checked again on every answer, which costs a third of the speed.
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
}: Operation): DocumentDecoration {
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
      content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
    },
  ]);
  return {
    tags: [tag],
    summary,
    description,
    security: open ? [] : [{ bearer: [] }, { cookie: [] }],
    ...(form && { "x-form": true }),
    parameters: [
      ...(conditional ? [{ ...REQUEST_HEADERS.conditional, name: conditional }] : []),
      ...(repeatable ? [REQUEST_HEADERS.repeatable] : []),
    ],
    responses: {
      [status]: success,
      ...(conditional === "If-None-Match" && { 304: { description: "The version you have is the newest" } }),
      ...Object.fromEntries(failures),
    },
  };
}
