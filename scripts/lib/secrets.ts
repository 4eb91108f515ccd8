import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ROOT } from "./image.ts";
import { Problem } from "./script.ts";

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
  /**
   * Makes the files that are missing, and lets the containers read those that are there.
   * @returns the names of those it made
   * @throws Problem where they are somebody else's
   */
  make(): Secret[];
  read(name: Secret): string;
  write(name: Secret, text: string): void;
  /**
   * @returns what is another when one of these files is, and tells nobody what they hold: a passphrase that a person made
   * up could be guessed from its plain hash
   */
  digest(names: readonly Secret[]): string;
}

/**
 * The folder is its owner's alone, and so are the files, whatever their own mode says: that lets anybody read, as in
 * the container they are read by uid 1000, which out here is somebody else, and under rootless Podman nobody known.
 */
export function secretFiles(): Secrets {
  const folder = resolve(ROOT, process.env.TASKFLOW_SECRETS || ".secrets");
  const file = (name: Secret) => join(folder, name);
  // In place, as a container that runs has mounted the file itself.
  const write = (name: Secret, text: string) => writeFileSync(file(name), text);
  const read = (name: Secret) =>
    own(folder, () => (existsSync(file(name)) ? readFileSync(file(name), "utf8").trim() : ""));
  return {
    folder,
    write,
    read,
    make: () =>
      own(folder, () => {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        chmodSync(folder, 0o700);
        const all = Object.keys(FIRST) as Secret[];
        const missing = all.filter((name) => !existsSync(file(name)));
        for (const name of missing) write(name, FIRST[name]());
        // What a link leads to is in a folder that may be open to all.
        for (const name of all) if (lstatSync(file(name)).isFile()) chmodSync(file(name), 0o644);
        return missing;
      }),
    digest(names) {
      const hash = new Bun.CryptoHasher("sha256", read("jwt-secret") || random());
      for (const name of names) hash.update(`${name}=${read(name)}\n`);
      return names.length > 0 ? hash.digest("hex") : "";
    },
  };
}

/** @throws Problem in place of what the file system says */
function own<Result>(folder: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    throw new Problem(
      `can't use the secrets: ${path ?? folder} (${code}); ${folder} has to be a folder that is yours, as all in it`,
    );
  }
}
