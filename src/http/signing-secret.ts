import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SECRET_BYTES } from "../config.ts";
import { CommandError } from "../errors.ts";

/**
 * Returns the secret that signs tokens if none is configured. The first start creates it in the data folder, readable
 * only by this user. Processes that start together get the same one, as only one of them can create the link.
 * @throws CommandError
 */
export function signingSecret(dataDir: string): string {
  const file = join(dataDir, "jwt-secret");
  const candidate = `${file}.${crypto.randomUUID()}`;
  try {
    writeFileSync(candidate, crypto.getRandomValues(new Uint8Array(48)).toBase64({ alphabet: "base64url" }), {
      mode: 0o600,
      flag: "w",
    });
    try {
      linkSync(candidate, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      rmSync(candidate);
    }
    const secret = readFileSync(file, "utf8").trim();
    if (Buffer.byteLength(secret) >= SECRET_BYTES) return secret;
  } catch (error) {
    throw new CommandError(
      `can't write the signing secret to ${file} (${(error as NodeJS.ErrnoException).code}); make the folder writable for this user, or set JWT_SECRET`,
    );
  }
  throw new CommandError(
    `the signing secret in ${file} is too short; delete the file to create a new one (this ends all sessions), or set JWT_SECRET`,
  );
}
