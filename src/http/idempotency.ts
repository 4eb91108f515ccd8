import type { Repeatable } from "../db/idempotency.ts";
import { invalid } from "../validation/index.ts";

/**
 * @param scope whose keys these are: an account, or those who have none yet
 * @param asked what makes this request the same as another, besides method and path
 * @returns what the header `Idempotency-Key` makes of the request; undefined without one
 * @throws AppError `invalid` for a key that is empty, too long or not printable
 */
export function repeatable(request: Request, scope: string, asked: unknown): Repeatable | undefined {
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
  const fingerprint = Bun.SHA256.hash(JSON.stringify([request.method, pathname, asked]), "hex");
  return { scope, key, fingerprint };
}
