import { truncate } from "../text/truncate.ts";
import type { Cookies } from "./cookies.ts";

const COOKIE = "flash";
const SECONDS = 60;
const MAX_LENGTH = 200;

/** A message for the next page, after a redirect. */
export interface Flash {
  readonly message: string;
  /** The change that the message reports and that Undo takes back. */
  readonly undo?: number | undefined;
}

/** Flash messages in a cookie, for browsers without JavaScript. */
export function createFlash(cookies: Cookies) {
  return {
    write: (request: Request, { message, undo }: Flash) =>
      cookies.write(request, COOKIE, Buffer.from(JSON.stringify([message, undo])).toString("base64url"), SECONDS),

    clear: (request: Request) => cookies.write(request, COOKIE, "", 0),

    /** Reads the message. Accepts only text and a number: a client can forge the cookie. */
    read(request: Request): Flash | undefined {
      const value = cookies.read(request, COOKIE);
      if (!value) return undefined;
      try {
        const [message, undo] = JSON.parse(Buffer.from(value, "base64url").toString());
        if (typeof message !== "string") return undefined;
        return { message: truncate(message, MAX_LENGTH), undo: Number.isSafeInteger(undo) ? undo : undefined };
      } catch {
        return undefined;
      }
    },
  };
}
