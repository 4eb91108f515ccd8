import type { Repeatable } from "../db/idempotency.ts";
import { invalid } from "../validation/check.ts";

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
  const { pathname } = new URL(request.url);
  const fingerprint = Bun.SHA256.hash(JSON.stringify([request.method, pathname, content]), "hex");
  return { scope, key, fingerprint };
}
