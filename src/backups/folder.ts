import { closeSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { AGE } from "./file.ts";
import { glance, MOST_MANIFEST_BYTES } from "./frames.ts";
import { assertManifest, readName } from "./manifest.ts";
import type { Backup } from "./retention.ts";
import { diskProblem, type Folder } from "./work.ts";

/**
 * @returns the backups in a folder, the newest first: what bears the name of one and, at a glance, is one
 * @throws CommandError for a folder that can't be read
 */
export function backupsIn(folder: Folder): Backup[] {
  return namesIn(folder)
    .flatMap((name) => {
      const read = readName(name);
      return read && looksLikeBackup(join(folder.path, name)) ? [{ name, ...read }] : [];
    })
    .toSorted((one, other) => other.at.getTime() - one.at.getTime());
}

function namesIn(folder: Folder): string[] {
  try {
    return readdirSync(folder.path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw diskProblem(folder, error) ?? error;
  }
}

/** Of what is encrypted only age's own start can be read; of the rest both ends. */
function looksLikeBackup(file: string): boolean {
  try {
    const [start, end] = endsOf(file);
    if (file.endsWith(".age")) return start.toString("latin1", 0, AGE.length) === AGE;
    assertManifest(file, glance(start, end) ?? "");
    return true;
  } catch {
    return false;
  }
}

function endsOf(file: string): [Buffer, Buffer] {
  const handle = openSync(file, "r");
  try {
    const { size } = fstatSync(handle);
    return [0, Math.max(0, size - MOST_MANIFEST_BYTES)].map((from) => {
      const bytes = Buffer.alloc(MOST_MANIFEST_BYTES);
      return bytes.subarray(0, readSync(handle, bytes, 0, bytes.length, from));
    }) as [Buffer, Buffer];
  } finally {
    closeSync(handle);
  }
}
