import type { Repeatable } from "../db/idempotency.ts";
import { AppError } from "../errors.ts";
import { invalid } from "../validation/check.ts";
import type { Fields } from "./body.ts";
import { isFragment } from "./htmx.ts";

/**
 * Reads the header `Idempotency-Key`.
 * @param scope whose keys these are: an account, or a name for requests without one
 * @param content what identifies the request besides method and path
 * @throws AppError `invalid` for a key that is empty, too long or not printable
 */
export function idempotencyKey(request: Request, scope: string, content: unknown): Repeatable | undefined {
  const key = request.headers.get("idempotency-key");
  if (key === null) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw invalid([
      {
        path: "",
        rule: "idempotencyKey",
        message: "Idempotency-Key must be 1 to 255 printable characters without spaces, such as a UUID.",
      },
    ]);
  }
  return { scope, key, fingerprint: fingerprintOf(request, content) };
}

/**
 * Reads the key of a plain form. In an open page htmx sends the same form again and again: there, only the header counts.
 * Takes and throws the same as `idempotencyKey`.
 */
export const plainFormKey = (request: Request, form: Fields, scope: string, content: unknown) =>
  isFragment(request) ? idempotencyKey(request, scope, content) : formKey(request, form, scope, content);

/**
 * Reads the key of a form: the header, or the field. Pages that look the same have the same key, so a form with other
 * content is another request. Takes and throws the same as `idempotencyKey`.
 */
export function formKey(request: Request, form: Fields, scope: string, content: unknown): Repeatable | undefined {
  const key = form.get("key");
  if (!key || request.headers.has("idempotency-key")) return idempotencyKey(request, scope, content);
  const fingerprint = fingerprintOf(request, [key, content]);
  // No key in a header contains a space.
  return { scope, key: `form ${fingerprint}`, fingerprint };
}

/** Returns whether a key was rejected because it was used with another request. */
export const isKeyReused = (error: unknown) =>
  error instanceof AppError && error.issues.some(({ rule }) => rule === "idempotencyKey");

function fingerprintOf({ method, url }: Request, content: unknown): string {
  return Bun.SHA256.hash(JSON.stringify([method, new URL(url).pathname, content]), "hex");
}
