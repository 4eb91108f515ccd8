import { type AnyElysia, Elysia, t } from "elysia";
import { version } from "../../package.json";
import { DocsPage } from "../../views/docs/docs.tsx";
import { User } from "../features/accounts/model.ts";
import { ChangePage } from "../features/changes/model.ts";
import { BulkResult, Task, TaskPage } from "../features/tasks/model.ts";
import { TrashPage } from "../features/tasks/trash-model.ts";
import { Integer } from "../validation/index.ts";
import { pages } from "./pages.ts";

const Problem = t.Object(
  {
    type: t.String(),
    title: t.String(),
    status: Integer(),
    detail: t.String({ description: "What happened and what to do, for a person." }),
    requestId: t.String({ description: "Names this request in the server's log." }),
    errors: t.Optional(
      t.Array(
        t.Object({
          path: t.String({ description: "JSON Pointer (RFC 6901) to the wrong field." }),
          rule: t.String({ description: "What the field breaks, for a program." }),
          message: t.String({ description: "What to do, for a person." }),
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

const Token = t.Object(
  { accessToken: t.String(), tokenType: t.Literal("Bearer"), expiresIn: Integer({ description: "Seconds." }) },
  {
    examples: [
      {
        accessToken: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIwMTlhIn0.c2lnbmF0dXJl",
        tokenType: "Bearer",
        expiresIn: 2_592_000,
      },
    ],
  },
);

/** Elysia's own types for the plugin know OpenAPI 3.0 only; the document is 3.1, whose schemas are JSON Schema proper. */
const documentation: object = {
  openapi: "3.1.0",
  info: {
    title: "TaskFlow",
    version,
    license: { name: "MIT", identifier: "MIT" },
    description:
      "Tasks over HTTP. Get a token from `POST /api/login` and send it as `Authorization: Bearer …`; in a browser that is signed in, the session cookie does. Times are UTC (RFC 3339). Errors are `application/problem+json` (RFC 9457) with one entry in `errors` for each wrong field; fields that are not documented are refused.",
  },
  tags: [
    { name: "Tasks", description: "What there is to do." },
    { name: "Changes", description: "What happened, undo, and the live feed." },
    { name: "Accounts", description: "Who does it." },
  ],
  components: {
    schemas: { Task, TaskPage, TrashPage, BulkResult, ChangePage, User, Token, Problem },
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
        description: "Set by signing in on the site (`__Host-taskflow` over https).",
      },
    },
  },
};

interface Parameter {
  schema: object;
  examples?: unknown;
}
interface OperationObject {
  parameters?: Parameter[];
  "x-form"?: true;
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, unknown>;
}
interface Document {
  paths: Record<string, Record<string, OperationObject>>;
}

/**
 * The page and the document under /docs. The plugin makes the document, in an app of its own that only holds the API:
 * its page would load a viewer from a CDN, so ours stands in for it.
 */
export function docs(api: AnyElysia) {
  let document: Promise<string> | undefined;

  async function generate(): Promise<string> {
    // Only now: few processes are ever asked for it, and it would be a tenth of the start and of the memory.
    const { swagger } = await import("@elysiajs/swagger");
    const generator = new Elysia().use(swagger({ path: "/page", specPath: "/json", documentation })).use(api);
    const response = await generator.handle(new Request("http://localhost/json"));
    const generated = (await response.json()) as Document;
    for (const [method, operation] of Object.values(generated.paths).flatMap(Object.entries)) tidy(method, operation);
    return JSON.stringify(generated);
  }

  return new Elysia({ name: "docs" })
    .use(pages)
    .get("/docs", ({ html }) => html(<DocsPage />), { detail: { hide: true } })
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

/** Puts right what the plugin can't know: which media types our body readers take, and the errors any route may answer. */
function tidy(method: string, operation: OperationObject) {
  const { requestBody, responses } = operation;
  // A list of examples is for a schema to have; a parameter's own would have to be named.
  operation.parameters = operation.parameters?.map(({ examples, ...parameter }) =>
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
  const problem = (description: string) => ({
    description,
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  });
  if (method !== "get") responses["403"] ??= problem("Refused: the request came from another site's page");
  responses["503"] ??= problem("The database does not answer, or can't store changes, right now: try again shortly");
  responses["500"] ??= problem("A fault on our side; the log tells more under the request id");
}
