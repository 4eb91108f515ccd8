import type { TSchema } from "@sinclair/typebox";
import { type AnyElysia, Elysia, t } from "elysia";
import { version } from "../../package.json";
import { DocsPage } from "../../views/docs/docs.tsx";
import { Integer } from "../validation/types.ts";
import { RETRY_AFTER } from "./openapi.ts";
import type { Pages } from "./pages.ts";
import type { Sessions } from "./session.ts";

const Problem = t.Object(
  {
    type: t.String(),
    title: t.String(),
    status: Integer(),
    detail: t.String({ description: "What is wrong and what to do, for people." }),
    requestId: t.String({ description: "Identifies this request in the server's log." }),
    errors: t.Optional(
      t.Array(
        t.Object({
          path: t.String({ description: "JSON Pointer (RFC 6901) to the wrong field." }),
          rule: t.String({ description: "The rule that the field breaks, for programs." }),
          message: t.String({ description: "What to do, for people." }),
        }),
      ),
    ),
  },
  {
    description: "RFC 9457 problem details.",
    examples: [
      {
        type: "about:blank",
        title: "Invalid input",
        status: 422,
        detail: "Title is required.",
        requestId: "019aab2c-7f3e-7000-8b2a-3d5e6f708192",
        errors: [{ path: "/title", rule: "required", message: "Title is required." }],
      },
    ],
  },
);

/** Returns the document without its paths. The plugin's types cover only OpenAPI 3.0; 3.1 uses JSON Schema itself. */
const documentation = (schemas: Record<string, TSchema>, basePath: string): object => ({
  openapi: "3.1.0",
  ...(basePath && { servers: [{ url: basePath }] }),
  info: {
    title: "TaskFlow",
    version,
    license: { name: "MIT", identifier: "MIT" },
    description:
      "Get a token from `POST /api/login` and send it as `Authorization: Bearer …`. A browser that is signed in can use its session cookie instead. Times are UTC (RFC 3339). Errors are `application/problem+json` (RFC 9457) with one entry in `errors` for each wrong field. Fields that are not documented are rejected.",
  },
  tags: [
    { name: "Tasks", description: "Create, list, change and delete tasks." },
    { name: "Sharing", description: "Members of projects, and invites." },
    { name: "Comments", description: "What members write about a task." },
    { name: "Labels", description: "List, rename and remove labels." },
    { name: "Changes", description: "The change log, undo, and live updates." },
    { name: "Accounts", description: "Sign up, sign in, sign out." },
  ],
  components: {
    schemas: { ...schemas, Problem },
    securitySchemes: {
      bearer: {
        type: "http",
        scheme: "bearer",
        bearerFormat: "JWT",
        description: "The accessToken of POST /api/login.",
      },
      cookie: {
        type: "apiKey",
        in: "cookie",
        name: "taskflow",
        description:
          "Set by signing in on the site. The name starts with `__Host-` over https (`__Secure-` below a path), and ends with `-PORT` and `-PATH` if the URL has them.",
      },
    },
  },
});

interface Parameter {
  schema: object;
  examples?: unknown;
}
interface OperationObject {
  parameters?: Parameter[];
  "x-parameters"?: Parameter[];
  "x-form"?: true;
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, unknown>;
}
interface Document {
  paths: Record<string, Record<string, OperationObject>>;
}

/**
 * Returns the page and the document under /docs. The plugin generates the document, in an app of its own that contains
 * only the API. Its page would load a viewer from a CDN; ours does not.
 * @param schemas those that operations refer to by name
 * @param basePath the path of BASE_URL
 */
export function docs(
  api: AnyElysia,
  schemas: Record<string, TSchema>,
  { basePath, sessions, pages }: { basePath: string; sessions: Sessions; pages: Pages },
) {
  let document: Promise<string> | undefined;

  async function generate(): Promise<string> {
    // Loaded on demand: it would cost a tenth of the start and of the memory.
    const { swagger } = await import("@elysiajs/swagger");
    const generator = new Elysia()
      .use(swagger({ path: "/page", specPath: "/json", documentation: documentation(schemas, basePath) }))
      .use(api);
    const response = await generator.handle(new Request("http://localhost/json"));
    const generated = (await response.json()) as Document;
    for (const [method, operation] of Object.values(generated.paths).flatMap(Object.entries)) tidy(method, operation);
    return JSON.stringify(generated);
  }

  return new Elysia({ name: "docs" })
    .use(pages.plugin)
    .get(
      "/docs",
      async ({ frame, request, html }) =>
        html(<DocsPage frame={{ ...frame, ...(await sessions.identify(request)) }} />),
      { detail: { hide: true } },
    )
    .get(
      "/docs/json",
      async () => {
        document ??= generate();
        return new Response(await document, {
          headers: { "content-type": "application/json", "cache-control": "no-cache" },
        });
      },
      { detail: { hide: true } },
    );
}

/** Adds what the plugin can't know: the media types that our body readers accept, and the errors of any route. */
function tidy(method: string, operation: OperationObject) {
  const { requestBody, responses, parameters = [], "x-parameters": headers = [] } = operation;
  // OpenAPI allows a plain list of examples only in a schema.
  operation.parameters = [...parameters, ...headers].map(({ examples, ...parameter }) =>
    examples ? { ...parameter, schema: { ...parameter.schema, examples } } : parameter,
  );
  if (requestBody) {
    const schema = requestBody.content["application/json"];
    requestBody.content = {
      "application/json": schema,
      ...(operation["x-form"] && { "application/x-www-form-urlencoded": schema }),
    };
  }
  delete operation["x-form"];
  delete operation["x-parameters"];
  const problem = (description: string) => ({
    description,
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  });
  if (method !== "get") responses["403"] ??= problem("Rejected: the request came from another site");
  responses["503"] ??= {
    ...problem("The database can't be reached or can't store changes. Try again shortly"),
    headers: { "Retry-After": RETRY_AFTER },
  };
  responses["500"] ??= problem("An error on our side. The log has details under the request id");
}
