import { accessSync, constants, renameSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { version } from "../../package.json";
import type { Config } from "../config.ts";
import { isWritable } from "../db/file-permissions.ts";
import { flush } from "../db/sqlite/fsync.ts";
import { resolveSymlink } from "../db/sqlite/replace.ts";
import { inspectSqlite } from "../db/sqlite/snapshot.ts";
import { assertUsable, openUpgraded, replaceDatabase, takeSnapshot } from "../db/transfer/snapshot.ts";
import { CommandError } from "../errors.ts";
import { digestOf, isSqlite, pack, unpack } from "./archive.ts";
import { backupName, FORMAT, isEmpty, type Manifest, manifestPath, type Origin, readManifest } from "./manifest.ts";
import { expiredBackups, isFutureDated, listBackups } from "./retention.ts";
import { type Folder, onDisk, openWorkFolder } from "./work-folder.ts";

export type Backups = ReturnType<typeof createBackups>;

/** Creates the service for the backups of one database in one folder. */
export function createBackups({ database, dataDir, backup }: Pick<Config, "database" | "dataDir" | "backup">) {
  const place = database.engine === "sqlite" ? { ...database, file: resolveSymlink(database.file) } : database;
  const { retention, passphrase } = backup;
  const folder: Folder = { path: backup.dir, variable: "BACKUP_DIR" };
  const databaseFolder: Folder = { path: place.engine === "sqlite" ? dirname(place.file) : dataDir };

  /** Returns a folder for plain copies of the database: not BACKUP_DIR if backups are encrypted. */
  function plainFolder(): Folder {
    if (passphrase === undefined && isWritable(folder.path)) return folder;
    return isWritable(databaseFolder.path) ? databaseFolder : { path: tmpdir(), variable: "TMPDIR" };
  }

  /** Keeps two copies from filling up the disk of the database. @throws CommandError */
  function assertRoom({ path, variable }: Folder) {
    const file = place.engine === "sqlite" ? statSync(place.file, { throwIfNoEntry: false }) : undefined;
    if (!file || file.dev !== statSync(path).dev) return;
    const { bavail, bsize } = statfsSync(path);
    if (bavail * bsize > 2 * file.size) return;
    const alternative = variable ? `, or set ${variable} to a folder on another disk` : "";
    throw new CommandError(`not enough space on the disk of ${path} to copy the database; free some${alternative}`);
  }

  /** Creates a backup in a work folder, verifies it there, and moves it into BACKUP_DIR: the manifest last. */
  async function create(prefix?: string): Promise<{ file: string; manifest: Manifest }> {
    const started = performance.now();
    await assertUsable(place);
    using packing = await openWorkFolder(folder);
    const plain = plainFolder();
    for (const target of new Set([plain, folder])) assertRoom(target);
    using work = await openWorkFolder(plain);
    const createdAt = new Date().toISOString();
    const snapshot = join(work.path, "snapshot.db");
    await onDisk(plain, () => takeSnapshot(place, snapshot));
    const source = place.engine === "sqlite" ? place.file : "the database";
    const contents = await reportedAs(source, snapshot, () => inspectSqlite(snapshot));
    const name = backupName({ createdAt, rows: contents.rows }, { encrypted: passphrase !== undefined, prefix });
    const packed = join(packing.path, name);
    const manifest = await onDisk(folder, async (): Promise<Manifest> => {
      await pack(snapshot, packed, passphrase);
      const digests = { database: await digestOf(snapshot), packed: await digestOf(packed) };
      return { format: FORMAT, version, engine: place.engine, ...contents, createdAt, ...digests };
    });
    const writeManifest = (contents: Manifest) =>
      onDisk(folder, () =>
        writeFileSync(manifestPath(packed), `${JSON.stringify(contents, null, 2)}\n`, { mode: 0o600, flush: true }),
      );
    await writeManifest(manifest);
    rmSync(snapshot);
    await restoreInto(work.path, packed, plain);
    const verified = { ...manifest, seconds: Math.round(performance.now() - started) / 1000 };
    await writeManifest(verified);
    const file = join(folder.path, name);
    await onDisk(folder, () => {
      renameSync(packed, file);
      renameSync(manifestPath(packed), manifestPath(file));
      flush(folder.path);
    });
    return { file, manifest: verified };
  }

  /** Backs up what a server holds before it is replaced, unless there are no accounts. @returns the file */
  async function keepCurrent(): Promise<string | undefined> {
    const { file, manifest } = await create("before-restore");
    if (!isEmpty(manifest)) return file;
    remove(file);
    return undefined;
  }

  /** Restores a file into a work folder and checks the result. @throws CommandError */
  async function restoreInto(work: string, file: string, on: Folder): Promise<{ database: string; origin: Origin }> {
    const database = join(work, "restored.db");
    assertReadable(file);
    const manifest = readManifest(file);
    if (manifest && !Bun.deepEquals(await digestOf(file), manifest.packed)) throw mismatch(file, manifest);
    return reportedAs(file, database, () =>
      onDisk(on, async () => {
        if (await isSqlite(file)) await takeSnapshot({ engine: "sqlite", file }, database);
        else await unpack(file, database, passphrase);
        const digest = await digestOf(database);
        await assertUsable({ engine: "sqlite", file: database });
        const { rows } = inspectSqlite(database);
        if (manifest && !Bun.deepEquals({ digest, rows }, { digest: manifest.database, rows: manifest.rows }))
          throw mismatch(file, manifest);
        await (await openUpgraded(database)).close();
        return { database, origin: manifest ?? { createdAt: statSync(file).mtime.toISOString(), rows } };
      }),
    );
  }

  return {
    /** Returns the verified backups, newest first. @throws CommandError if the folder can't be read */
    list: () => listBackups(folder),

    /**
     * Returns the newest backup with accounts, or else the newest. Skips backups dated in the future.
     * @throws CommandError if there is none
     */
    latest(now = Date.now()): { file: string; skipped: string[] } {
      const all = listBackups(folder);
      const past = all.filter((each) => !isFutureDated(each, now));
      const latest = past.find(({ empty }) => !empty) ?? past[0];
      const except = all.length > 0 ? " except some dated in the future" : "";
      if (!latest)
        throw new CommandError(`there is no backup in ${folder.path}${except}; set BACKUP_DIR, or name a file`);
      return { file: latest.file, skipped: all.slice(0, all.indexOf(latest)).map(({ file }) => basename(file)) };
    },

    /** Creates a verified backup, then removes expired ones. @throws CommandError; nothing is removed then */
    async backUp() {
      const created = await create();
      for (const { file } of expiredBackups(listBackups(folder), retention, Date.now())) remove(file);
      return created;
    },

    /** Checks that a file can be restored. @throws CommandError if it can't */
    async verify(file: string): Promise<Origin> {
      const plain = plainFolder();
      assertRoom(plain);
      using work = await openWorkFolder(plain);
      return (await restoreInto(work.path, file, plain)).origin;
    },

    /**
     * Replaces the database with a backup, or with a database file kept by an upgrade or a restore.
     * @returns where the data comes from, and where the replaced database is kept
     * @throws CommandError if the file can't be restored, or if a process uses the database; nothing is changed then
     */
    async restore(file: string): Promise<{ origin: Origin; kept: string | undefined }> {
      const on = place.engine === "sqlite" ? databaseFolder : plainFolder();
      using work = await openWorkFolder(on);
      const { database, origin } = await restoreInto(work.path, file, on);
      const kept = await onDisk(on, () => replaceDatabase(place, database, keepCurrent));
      return { origin, kept };
    },
  };
}

function assertReadable(file: string) {
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandError(code === "ENOENT" ? `there is no file ${file}` : `can't read ${file} (${code})`);
  }
}

/** Makes errors name the file that the user knows instead of its temporary copy. */
async function reportedAs<Result>(name: string, copy: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(error.message.replaceAll(copy, name), { cause: error });
  }
}

const mismatch = (file: string, { createdAt }: Manifest) =>
  new CommandError(`${file} is damaged: it differs from its manifest (a backup of ${createdAt}); use another one`);

/** The backup first: a manifest without a backup counts as nothing. */
function remove(file: string) {
  for (const path of [file, manifestPath(file)]) rmSync(path, { force: true });
}
