import { Elysia } from "elysia";
import { AppError } from "../errors.ts";
import { invalid } from "../validation/check.ts";

const MAX_BYTES = 1024 * 1024;

/** A body as received. Errors in it are reported only after the guard, so that 401 comes before 413. */
type RawBody = { type: string; bytes: Uint8Array<ArrayBuffer> } | AppError;

/** Reads a body up to the limit, whatever its Content-Length says. Elysia would parse it before any guard. */
export async function readBody(request: Request): Promise<RawBody> {
  const { headers } = request;
  const length = headers.get("content-length");
  if (Number(length) > MAX_BYTES) return tooLarge();
  const coding = headers.get("content-encoding");
  if (coding && coding !== "identity")
    return new AppError("unsupportedMediaType", "Send the body without compression.");
  const type = mediaType(request);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  try {
    // The server enforces a given length. Reading a stream costs a tenth of creating a task.
    if (length !== null && !headers.has("transfer-encoding")) return { type, bytes: await request.bytes() };
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      if (size > MAX_BYTES) return tooLarge();
      chunks.push(chunk);
    }
  } catch {
    return new AppError("malformed", "The body is incomplete.");
  }
  return { type, bytes: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks) };
}

const tooLarge = () => new AppError("tooLarge", "The body is larger than 1 MiB.");
const mediaType = (request: Request) =>
  (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
const FORMS = ["application/x-www-form-urlencoded", "multipart/form-data"];

function json({ type, bytes }: Exclude<RawBody, AppError>): unknown {
  if (type !== "application/json")
    throw new AppError("unsupportedMediaType", "Send JSON, with the header Content-Type: application/json.");
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new AppError(
      "malformed",
      bytes.length === 0 ? "The body is empty. Send JSON." : "The body is not valid JSON in UTF-8.",
    );
  }
  if (isDeep(value)) throw new AppError("malformed", `The JSON is nested more than ${MAX_DEPTH} levels deep.`);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid([{ path: "", rule: "type", message: "The body must be a JSON object." }]);
  }
  // The check for unknown fields would miss an own property of this name.
  if (Object.hasOwn(value, "__proto__"))
    throw invalid([{ path: "/__proto__", rule: "unknown", message: "There is no field “__proto__” here." }]);
  return value;
}

/** No valid body is nested deeper; one that is would keep the validators busy for seconds. */
const MAX_DEPTH = 16;

function isDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    level = level.flatMap((item) => (typeof item === "object" && item !== null ? Object.values(item) : []));
    if (level.length === 0) return false;
  }
  return true;
}

async function form({ type, bytes }: Exclude<RawBody, AppError>, request: Request): Promise<FormData> {
  if (bytes.length === 0) return new FormData();
  if (!FORMS.includes(type))
    throw new AppError(
      "unsupportedMediaType",
      "Send a form (application/x-www-form-urlencoded or multipart/form-data).",
    );
  try {
    return (await new Response(bytes, {
      headers: { "content-type": request.headers.get("content-type") ?? "" },
    }).formData()) as FormData;
  } catch {
    throw new AppError("malformed", "The form can't be read.");
  }
}

function readable(body: unknown): Exclude<RawBody, AppError> {
  if (body instanceof AppError) throw body;
  return (body as Exclude<RawBody, AppError> | undefined) ?? { type: "", bytes: new Uint8Array() };
}

/** Parses JSON bodies for the routes after it. Belongs after the guard. */
export const jsonBody = new Elysia({ name: "json-body" }).derive({ as: "scoped" }, function decodeJson(context) {
  if (hasBody(context.request)) context.body = json(readable(context.body));
  return {};
});

/** Parses JSON bodies and forms for the routes after it. */
export const jsonOrFormBody = new Elysia({ name: "json-or-form-body" }).derive(
  { as: "scoped" },
  async function decodeJsonOrForm(context) {
    const raw = readable(context.body);
    context.body = FORMS.includes(raw.type)
      ? Object.fromEntries((await form(raw, context.request)).entries())
      : json(raw);
    return {};
  },
);

/** Gives the page routes after it the posted `form`. */
export const formBody = new Elysia({ name: "form-body" }).derive({ as: "scoped" }, async function decodeForm(context) {
  return {
    form: hasBody(context.request) ? new Fields(await form(readable(context.body), context.request)) : new Fields(),
  };
});

const hasBody = (request: Request) => ["POST", "PUT", "PATCH"].includes(request.method);

/** The text fields of a posted form. Browsers send line breaks as CR LF; the program uses LF. */
export class Fields {
  readonly #form: FormData;

  constructor(form = new FormData()) {
    this.#form = form;
  }

  /** Returns the text of a field, or undefined if it was not sent. */
  get(name: string): string | undefined {
    return this.all(name)[0];
  }

  all(name: string): string[] {
    return this.#form
      .getAll(name)
      .flatMap((value) => (typeof value === "string" ? [value.replaceAll("\r\n", "\n")] : []));
  }
}
