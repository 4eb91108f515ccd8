import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { backupName, isEmpty, readManifest } from "./manifest.ts";
import { diskProblem, type Folder } from "./work-folder.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** A verified backup. */
export interface Backup {
  readonly file: string;
  readonly at: Date;
  /** Whether it contains no accounts. */
  readonly empty: boolean;
  readonly bytes: number;
  /** How long it took to create and verify; undefined if an older version created it. */
  readonly seconds: number | undefined;
}

/**
 * Returns the verified backups in a folder, newest first: files with a manifest that matches their name and size.
 * @throws CommandError if the folder can't be read
 */
export const listBackups = (folder: Folder): Backup[] =>
  filesIn(folder)
    .flatMap((file) => readBackup(file) ?? [])
    .toSorted((one, other) => other.at.getTime() - one.at.getTime());

/**
 * Returns the newest verified backup that is not dated in the future, without reading the others.
 * @throws CommandError if the folder can't be read
 */
export function newestBackup(folder: Folder, now: number): Backup | undefined {
  for (const file of filesIn(folder).sort().reverse()) {
    const backup = readBackup(file);
    if (backup && !isFutureDated(backup, now)) return backup;
  }
  return undefined;
}

function filesIn({ path, variable }: Folder): string[] {
  try {
    const names = readdirSync(path).filter((name) => name.startsWith("taskflow-"));
    return names.map((name) => join(path, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw diskProblem({ path, variable }, error);
  }
}

function readBackup(file: string): Backup | undefined {
  try {
    const manifest = readManifest(file);
    if (!manifest || statSync(file).size !== manifest.packed.bytes) return undefined;
    if (basename(file) !== backupName(manifest, { encrypted: file.endsWith(".age") })) return undefined;
    const { createdAt, packed, seconds } = manifest;
    return { file, at: new Date(createdAt), empty: isEmpty(manifest), bytes: packed.bytes, seconds };
  } catch {
    return undefined; // `verify FILE` reports the reason.
  }
}

/** Returns whether a backup is dated in the future, because a clock was wrong. */
export const isFutureDated = ({ at }: Backup, now: number) => at.getTime() > now + HOUR_MS;

export interface Retention {
  /** How many days with a backup to keep. All backups of such a day are kept. */
  readonly days: number;
  /** How many weeks (from Monday, UTC) with a backup to keep. The last backup of such a week is kept. */
  readonly weeks: number;
}

/**
 * Returns the backups to remove. Counts days with a backup rather than days elapsed, so that a long pause removes
 * nothing. Ignores backups dated in the future, and never removes a backup with accounts in favor of an empty one:
 * after the loss of a volume, the new, empty database is backed up daily, too.
 * @param backups newest first
 */
export function expiredBackups(backups: readonly Backup[], retention: Retention, now: number): Backup[] {
  const past = backups.filter((each) => !isFutureDated(each, now));
  const withAccounts = past.filter(({ empty }) => !empty);
  const kept = new Set([...filesToKeep(past, retention), ...filesToKeep(withAccounts, retention)]);
  return past.filter(({ file }) => !kept.has(file));
}

/** Always keeps the newest. */
function filesToKeep(backups: readonly Backup[], { days, weeks }: Retention): string[] {
  const newestDays = new Set([...new Set(backups.map(({ at }) => dayOf(at)))].slice(0, days));
  const lastOfWeek = new Map<number, string>();
  for (const { at, file } of backups) if (!lastOfWeek.has(weekOf(at))) lastOfWeek.set(weekOf(at), file);
  return [
    ...backups.filter(({ at }, index) => index === 0 || newestDays.has(dayOf(at))).map(({ file }) => file),
    ...[...lastOfWeek.values()].slice(0, weeks),
  ];
}

const dayOf = (at: Date) => Math.floor(at.getTime() / DAY_MS);
/** 1 January 1970 was a Thursday. */
const weekOf = (at: Date) => Math.floor((dayOf(at) + 3) / 7);
