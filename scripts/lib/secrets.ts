import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ROOT } from "./image.ts";

const random = () => crypto.getRandomValues(new Uint8Array(48)).toBase64({ alphabet: "base64url" });

/** What each file holds when it is made; an empty one stands for "not used", as Compose mounts what it names of them. */
const FIRST = {
  "jwt-secret": random,
  "postgres-password": random,
  "database-url": () => "",
  "backup-passphrase": () => "",
  "s3-credentials": () => "",
  "replica-url": () => "",
};
export type Secret = keyof typeof FIRST;

/** The files that Compose mounts as secrets. Nothing prints what they hold. */
export interface Secrets {
  readonly folder: string;
  /** Makes the files that are missing, and touches no other. @returns the names of those it made */
  make(): Secret[];
  read(name: Secret): string;
  write(name: Secret, text: string): void;
}

/**
 * The folder is its owner's alone, and so are the files, whatever their own mode says: that lets anybody read, as in
 * the container they are read by uid 1000, which out here is somebody else, and under rootless Podman nobody known.
 */
export function secretFiles(): Secrets {
  const folder = resolve(ROOT, process.env.TASKFLOW_SECRETS || ".secrets");
  const file = (name: Secret) => join(folder, name);
  const write = (name: Secret, text: string) => {
    // In place, as a container that runs has mounted the file itself.
    if (existsSync(file(name))) chmodSync(file(name), 0o644);
    writeFileSync(file(name), text);
    chmodSync(file(name), 0o444);
  };
  return {
    folder,
    write,
    read: (name) => (existsSync(file(name)) ? readFileSync(file(name), "utf8").trim() : ""),
    make() {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      chmodSync(folder, 0o700);
      const missing = (Object.keys(FIRST) as Secret[]).filter((name) => !existsSync(file(name)));
      for (const name of missing) write(name, FIRST[name]());
      return missing;
    },
  };
}
