import { renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { version } from "../../package.json";
import type { Config } from "../config.ts";
import type { Database, DatabasePlace } from "../db/database.ts";
import { isWritable } from "../db/file-permissions.ts";
import { sync } from "../db/sqlite/fsync.ts";
import { fileBehind } from "../db/sqlite/replace.ts";
import { inspectSqlite } from "../db/sqlite/snapshot.ts";
import { assertUsable, openUpgraded, putBack, takeSnapshot } from "../db/transfer/snapshot.ts";
import { CommandError } from "../errors.ts";
import { isDatabase, pack, unpack } from "./file.ts";
import { backupsIn } from "./folder.ts";
import { FORMAT, type Manifest, nameOf, type Origin } from "./manifest.ts";
import { type Backup, isAhead, outdated } from "./retention.ts";
import { assertRoom, type Folder, inWorkFolder, onDisk } from "./work.ts";

/** Rows of each table that a proof reads as the program does. */
const SAMPLE = 100;

export interface Proven {
  readonly file: string;
  readonly manifest: Manifest;
  /** Bytes of the file. */
  readonly size: number;
}

export interface Latest {
  readonly file: string | undefined;
  /** Newer ones that are not it: dated in the future, or without any account. */
  readonly ahead: readonly string[];
  readonly empty: readonly string[];
}

export type Backups = ReturnType<typeof createBackups>;

/** Backups of one database in one folder. Under a backup's name there is never anything but a proven one. */
export function createBackups({ database, dataDir, backup }: Pick<Config, "database" | "dataDir" | "backup">) {
  const place = database.engine === "sqlite" ? { ...database, file: fileBehind(database.file) } : database;
  const { retention, passphrase } = backup;
  const dir: Folder = { path: backup.dir, variable: "BACKUP_DIR" };
  const databaseFolder: Folder = { path: place.engine === "sqlite" ? dirname(place.file) : dataDir };

  /** @returns where a database may lie in the plain for a while: not among backups that are encrypted */
  function plainFolder(): Folder {
    if (passphrase === undefined && isWritable(dir.path)) return dir;
    return isWritable(databaseFolder.path) ? databaseFolder : { path: tmpdir(), variable: "TMPDIR" };
  }

  /** Others write to the disk of a database while its copies lie there: they are not to find it full. @throws CommandError */
  function assertRoomOn(folder: Folder) {
    const file = place.engine === "sqlite" ? statSync(place.file, { throwIfNoEntry: false }) : undefined;
    if (file && file.dev === statSync(folder.path).dev) assertRoom(folder, file.size);
  }

  /** @returns proven backups, the newest first @throws CommandError for a folder that can't be read */
  const list = (): Backup[] => backupsIn(dir);

  /** Makes a backup, restores it into a temporary place and checks it there; only then it gets its name. */
  async function make(prefix?: string): Promise<Proven> {
    await assertUsable(place);
    return inWorkFolder(dir, (packing) => {
      const plain = plainFolder();
      for (const folder of new Set([plain, dir])) assertRoomOn(folder);
      return inWorkFolder(plain, async (work) => {
        const at = new Date();
        const snapshot = join(work, "snapshot.db");
        await onDisk(plain, () => takeSnapshot(place, snapshot));
        const contents = await named(snapshot, nameOfPlace(place), () => inspectSqlite(snapshot));
        const manifest: Manifest = {
          format: FORMAT,
          version,
          engine: place.engine,
          ...contents,
          createdAt: at.toISOString(),
          bytes: statSync(snapshot).size,
          sha256: await hashOf(snapshot),
        };
        const name = nameOf(at, passphrase !== undefined, contents.rows.users === 0, prefix);
        const packed = join(packing, name);
        await onDisk(dir, () => pack(snapshot, manifest, packed, passphrase));
        rmSync(snapshot);
        await prove(packed, work, plain);
        const file = join(dir.path, name);
        return onDisk(dir, () => {
          renameSync(packed, file);
          sync(dir.path);
          return { file, manifest, size: statSync(file).size };
        });
      });
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
  async function prove(file: string, work: string, on: Folder): Promise<{ database: string; origin: Origin }> {
    const database = join(work, "restored.db");
    const kept = (await isDatabase(file)) ? await originOf(file) : undefined;
    return named(database, file, () =>
      onDisk(on, async () => {
        const origin = kept ? await copy(file, database, kept) : await unpack(file, database, passphrase);
        const { rows } = inspectSqlite(database);
        if (!Bun.deepEquals(rows, origin.rows))
          throw new CommandError(`${file} does not hold the rows that it should; use another one`);
        const opened = await openUpgraded(database);
        try {
          await readSample(opened);
        } finally {
          await opened.close();
        }
        return { database, origin };
      }),
    );
  }

  return {
    list,

    /** @returns the newest backup that somebody would want back @throws CommandError */
    latest(now = Date.now()): Latest {
      const all = list();
      const past = all.filter((each) => !isAhead(each, now));
      const found = past.find(({ empty }) => !empty) ?? past[0];
      const newer = found ? all.slice(0, all.indexOf(found)) : all;
      return {
        file: found && join(dir.path, found.name),
        ahead: newer.filter((each) => isAhead(each, now)).map(({ name }) => name),
        empty: newer.filter((each) => !isAhead(each, now)).map(({ name }) => name),
      };
    },

    /**
     * Makes a proven backup and lets go of those that have had their time.
     * @throws CommandError; the backups that are there stay then
     */
    async backUp(): Promise<Proven> {
      const proven = await make();
      for (const { name } of outdated(list(), retention, new Date(), proven.file.slice(dir.path.length + 1)))
        rmSync(join(dir.path, name), { force: true });
      return proven;
    },

    /** @throws CommandError unless the file is one that can be restored */
    async verify(file: string): Promise<Origin> {
      const plain = plainFolder();
      assertRoomOn(plain);
      return inWorkFolder(plain, async (work) => (await prove(file, work, plain)).origin);
    },

    /**
     * Puts a backup, or a database file that was kept aside, in the place of the database, which is kept aside.
     * @returns what is known of it, and where what was there is now
     * @throws CommandError for a file that is no sound one, and while a process uses the database; nothing was
     * changed then
     */
    async restore(file: string): Promise<{ origin: Origin; kept: string | undefined }> {
      const on = place.engine === "sqlite" ? databaseFolder : plainFolder();
      return inWorkFolder(on, async (work) => {
        const { database, origin } = await prove(file, work, on);
        const kept = await onDisk(on, () => putBack(place, database, keepAside));
        return { origin, kept };
      });
    },
  };
}

/** @returns what is known of a database file that was kept aside @throws CommandError unless it is sound */
async function originOf(file: string): Promise<Origin> {
  await assertUsable({ engine: "sqlite", file });
  return { engine: "sqlite", createdAt: statSync(file).mtime.toISOString(), rows: inspectSqlite(file).rows };
}

async function copy(file: string, to: string, origin: Origin): Promise<Origin> {
  await takeSnapshot({ engine: "sqlite", file }, to);
  return origin;
}

const nameOfPlace = (place: DatabasePlace) => (place.engine === "sqlite" ? place.file : "the database");

/** What is wrong with a copy is told of what it is a copy of: nobody knows the copy. */
async function named<Result>(copy: string, original: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(error.message.replaceAll(copy, original), { cause: error });
  }
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
