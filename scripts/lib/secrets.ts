import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ROOT } from "./image.ts";

/** Returns 48 random bytes as text; HS256 needs 32. */
export const randomText = () => crypto.getRandomValues(new Uint8Array(48)).toBase64({ alphabet: "base64url" });

/** The initial content of each file. Compose mounts all of them, so an empty file means "not used". */
const INITIAL = {
  "jwt-secret": randomText,
  "postgres-password": randomText,
  "database-url": () => "",
  "backup-passphrase": () => "",
  "s3-credentials": () => "",
  "replica-url": () => "",
  "grafana-password": () => "",
  "otlp-headers": () => "",
};
type Secret = keyof typeof INITIAL;
export type Secrets = ReturnType<typeof secretFiles>;

/**
 * Returns access to the secret files. Only the owner can enter their folder. Everyone may read the files themselves,
 * because in a container uid 1000 reads them, which is another user here.
 */
export function secretFiles() {
  const folder = resolve(ROOT, process.env.TASKFLOW_SECRETS || ".secrets");
  const names = Object.keys(INITIAL) as Secret[];
  const file = (name: Secret) => join(folder, name);
  const read = (name: Secret) => (existsSync(file(name)) ? readFileSync(file(name), "utf8").trim() : "");
  // In place, because a running container has mounted the file itself.
  const write = (name: Secret, text: string) => writeFileSync(file(name), text);
  return {
    ...{ folder, read, write },

    /** Creates the missing files, and makes all of them readable for containers. @returns the names of the new ones */
    create(): Secret[] {
      mkdirSync(folder, { recursive: true });
      chmodSync(folder, 0o700);
      const missing = names.filter((name) => !existsSync(file(name)));
      for (const name of missing) write(name, INITIAL[name]());
      // The target of a link may be in a folder that others can enter.
      for (const name of names) if (lstatSync(file(name)).isFile()) chmodSync(file(name), 0o644);
      return missing;
    },

    /** Returns a digest of all files. It has a key, because a passphrase could be guessed from its plain hash. */
    digest(): string {
      const hash = new Bun.CryptoHasher("sha256", read("jwt-secret") || randomText());
      for (const name of names) hash.update(`${name}=${read(name)}\n`);
      return hash.digest("hex");
    },
  };
}
