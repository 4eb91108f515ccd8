import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { version } from "../../package.json";
import type { Database, DatabasePlace } from "../db/database.ts";
import { openUpgraded, putBack, takeSnapshot } from "../db/snapshots.ts";
import { inspectSqlite } from "../db/sqlite-snapshot.ts";
import { AppError } from "../errors.ts";
import { pack, unpack } from "./file.ts";
import { FORMAT, type Manifest, momentOf, nameOf } from "./manifest.ts";
import { type Backup, outdated, type Retention } from "./retention.ts";

/** Folders in which backups are made and taken apart; what a crash left is cleared away after this long. */
const WORK = ".taskflow-work-";
const STALE_MS = 12 * 60 * 60 * 1000;
/** Rows of each table that a proof reads as the program does. */
const SAMPLE = 100;

export interface BackupSettings {
  readonly dir: string;
  readonly retention: Retention;
  readonly passphrase: string | undefined;
}

export interface Proven {
  readonly file: string;
  readonly manifest: Manifest;
  /** Bytes of the file. */
  readonly size: number;
}

export type Backups = ReturnType<typeof createBackups>;

/** Backups of one database in one folder. Under a backup's name there is never anything but a proven one. */
export function createBackups(place: DatabasePlace, { dir, retention, passphrase }: BackupSettings) {
  /** @returns proven backups, the newest first */
  function list(): Backup[] {
    if (!existsSync(dir)) return [];
    return readdirSync(dir)
      .flatMap((name) => {
        const at = momentOf(name);
        return at ? [{ name, at }] : [];
      })
      .toSorted((one, other) => other.at.getTime() - one.at.getTime());
  }

  /** Makes a backup, restores it into a temporary place and checks it there; only then it gets its name. */
  async function make(prefix?: string): Promise<Proven> {
    const at = new Date();
    const name = nameOf(at, passphrase !== undefined, prefix);
    return inWorkFolder(dir, async (work) => {
      const snapshot = join(work, "snapshot.db");
      await takeSnapshot(place, snapshot);
      const { size: bytes } = statSync(snapshot);
      const manifest: Manifest = {
        format: FORMAT,
        version,
        engine: place.engine,
        ...inspectSqlite(snapshot),
        createdAt: at.toISOString(),
        bytes,
        sha256: await hashOf(snapshot),
      };
      const packed = join(work, name);
      await pack(snapshot, manifest, packed, passphrase);
      rmSync(snapshot);
      await prove(packed, work);
      const file = join(dir, name);
      renameSync(packed, file);
      syncFolder(dir);
      return { file, manifest, size: statSync(file).size };
    });
  }

  /** Keeps what a server holds, unless it holds nothing. @returns the file */
  async function keepAside(): Promise<string | undefined> {
    const { file, manifest } = await make("before-restore");
    if (Object.values(manifest.rows).some((rows) => rows > 0)) return file;
    rmSync(file);
    return undefined;
  }

  /** Takes a backup apart in a folder and checks what comes out. @returns the database */
  async function prove(file: string, work: string): Promise<{ database: string; manifest: Manifest }> {
    const database = join(work, "restored.db");
    const manifest = await unpack(file, database, passphrase);
    const { rows } = inspectSqlite(database);
    if (!Bun.deepEquals(rows, manifest.rows))
      throw new AppError("startup", `${file} does not hold the rows that it should; use another one`);
    const opened = await openUpgraded(database);
    try {
      await readSample(opened);
    } finally {
      await opened.close();
    }
    return { database, manifest };
  }

  return {
    list,

    /**
     * Makes a proven backup and lets go of those that have had their time.
     * @throws AppError `startup`; the backups that are there stay then
     */
    async backUp(): Promise<Proven> {
      const proven = await make();
      for (const { name } of outdated(list(), retention, new Date(), proven.file.slice(dir.length + 1)))
        rmSync(join(dir, name), { force: true });
      return proven;
    },

    /** @throws AppError `startup` unless the file is a backup that can be restored */
    async verify(file: string): Promise<Manifest> {
      return inWorkFolder(dirname(resolve(file)), async (work) => (await prove(file, work)).manifest);
    },

    /**
     * Puts a backup in the place of the database, which is kept aside.
     * @returns what the backup says, and where what was there is now
     * @throws AppError `startup` for a file that is no sound backup, and while a process uses the database; nothing
     * was changed then
     */
    async restore(file: string): Promise<{ manifest: Manifest; kept: string | undefined }> {
      const beside = place.engine === "sqlite" ? dirname(place.file) : dir;
      return inWorkFolder(beside, async (work) => {
        const { database, manifest } = await prove(file, work);
        const kept = await putBack(place, database, keepAside);
        syncFolder(beside);
        return { manifest, kept };
      });
    },
  };
}

async function readSample({ read, schema }: Database): Promise<void> {
  for (const table of [schema.users, schema.sessions, schema.tasks, schema.changes])
    await read
      .select()
      .from(table as Database["schema"]["users"])
      .limit(SAMPLE);
}

async function hashOf(file: string): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of Bun.file(file).stream()) hasher.update(chunk);
  return hasher.digest("hex");
}

/** @throws AppError `startup` that says what is wrong with the folder's disk */
async function inWorkFolder<Result>(dir: string, work: (folder: string) => Promise<Result>): Promise<Result> {
  let folder: string | undefined;
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(dir))
      if (name.startsWith(WORK) && Date.now() - statSync(join(dir, name)).mtimeMs > STALE_MS)
        rmSync(join(dir, name), { recursive: true, force: true });
    folder = mkdtempSync(join(dir, WORK));
    const made = folder;
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
    return await work(folder);
  } catch (error) {
    throw diskProblem(dir, error) ?? error;
  } finally {
    if (folder) rmSync(folder, { recursive: true, force: true });
  }
}

function diskProblem(dir: string, error: unknown): AppError | undefined {
  const code = codeOf(error);
  const problem = /^(EACCES|EPERM|EROFS|ENOTDIR|EEXIST|SQLITE_(CANTOPEN|READONLY).*)$/.test(code)
    ? `can't write ${dir} (${code}); make it writable for uid ${process.getuid?.() ?? "of this user"}`
    : /^(ENOSPC|EDQUOT|SQLITE_(FULL|IOERR).*)$/.test(code)
      ? `the disk of ${dir} is full; make room`
      : undefined;
  return problem === undefined
    ? undefined
    : new AppError("startup", `${problem}, or set BACKUP_DIR to another folder`, [], { cause: error });
}

/** @returns the code of what an error came from, in the end */
function codeOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  if (cause !== undefined) return codeOf(cause);
  return error instanceof AppError ? "" : String(code ?? "");
}

/** So that the new name outlasts a loss of power. */
function syncFolder(dir: string) {
  const handle = openSync(dir, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
