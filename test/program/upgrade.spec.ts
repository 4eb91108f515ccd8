import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { copyFileSync, readdirSync, statSync } from "node:fs";
import { send, signIn } from "../support/client.ts";
import { expectStartError } from "../support/command-errors.ts";
import { type DataFolder, dataFolder, fingerprint } from "../support/data-folder.ts";
import { noFile, query, runProgram, startProgram, tamper } from "../support/program.ts";
import { ADA, newerVersion, oldFolder } from "../support/versions.ts";

setDefaultTimeout(180_000);

/** Tables whose rows an upgrade keeps. Each start writes to `heartbeat`. */
const TABLES = ["users", "sessions", "tasks", "changes", "idempotency_keys"];

const newer = newerVersion();
afterAll(() => newer[Symbol.dispose]());
const startNewer = (folder: DataFolder) => startProgram({ DATA_DIR: folder.path }, [], newer.path);

/** Columns that an upgrade computes again. */
const DERIVED = ["title_key", "description_key"];

/** Columns that an upgrade has renamed: the Inbox of an account has its id. */
const RENAMED: Record<string, string> = { owner_id: "project_id", "changes.account_id": "project_id" };

/** Reads all rows of the fixture's tables, in the columns that they had before the upgrade. */
async function readRows(folder: DataFolder, before?: Record<string, Record<string, unknown>[]>) {
  const rows: Record<string, Record<string, unknown>[]> = {};
  for (const table of TABLES) {
    const columns = before
      ? Object.keys(before[table]?.[0] ?? {}).map(
          (name) => `"${RENAMED[name] ?? RENAMED[`${table}.${name}`] ?? name}" AS "${name}"`,
        )
      : ["*"];
    const found = await query(folder.path, `SELECT ${columns.join()} FROM ${table} ORDER BY 1, 2`);
    rows[table] = found.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([name]) => !DERIVED.includes(name))),
    );
  }
  return rows;
}

/** Upgrades a folder. @returns the path of the copy beside a database file */
async function upgrade(folder: DataFolder): Promise<string> {
  await using program = await startNewer(folder);
  expect(await program.stop()).toBe(0);
  return folder.file(copiesIn(folder)[0] ?? "");
}

const copiesIn = (folder: DataFolder) => readdirSync(folder.path).filter((name) => name.includes("before-upgrade"));

describe("upgrading an older database", () => {
  it("keeps every value and runs once when several processes start together", async () => {
    using folder = await oldFolder();
    const before = await readRows(folder);
    for (const table of TABLES) expect(before[table]).not.toBeEmpty();
    const [old] = await query(folder.path, "SELECT count(*) AS migrations FROM __drizzle_migrations");

    await using programs = new AsyncDisposableStack();
    const started = await Promise.all(Array.from({ length: 3 }, () => startNewer(folder)));
    for (const program of started) programs.use(program);
    for (const program of started) expect(await program.stop()).toBe(0);

    expect(await readRows(folder, before)).toEqual(before);
    const inboxes = "SELECT project_id, account_id, role FROM members JOIN projects ON id = project_id ORDER BY 1";
    expect(await query(folder.path, inboxes)).toEqual(
      (before.users ?? []).map(({ id }) => ({ project_id: id, account_id: id, role: "owner" })),
    );
    expect(await query(folder.path, "SELECT estimate FROM tasks WHERE estimate IS NOT NULL")).toBeEmpty();
    const hashes = await query(folder.path, "SELECT DISTINCT hash FROM __drizzle_migrations");
    expect(hashes.length).toBeGreaterThan(Number(old?.migrations));
    expect(await query(folder.path, "SELECT id FROM __drizzle_migrations")).toHaveLength(hashes.length);
    if (noFile) return;
    expect(await query(folder.path, "PRAGMA foreign_key_check")).toBeEmpty();
    expect(copiesIn(folder)).toHaveLength(1);
  });

  it("leaves accounts and tasks usable", async () => {
    using folder = await oldFolder();
    await using program = await startNewer(folder);
    const authorization = `Bearer ${await signIn(program.url, ADA)}`;
    const titles = async (path: string) => {
      const page = await (await send(program.url, path, { headers: { authorization } })).json();
      return (page as { items: { title: string }[] }).items.map(({ title }) => title).toSorted();
    };
    expect(await titles("/api/tasks")).toEqual(["Done", "Open"]);
    expect(await titles("/api/trash")).toEqual(["Deleted", "Done, then deleted"]);
    const added = await send(program.url, "/api/tasks", { json: { title: "New" }, headers: { authorization } });
    expect(added.status).toBe(201);
  });

  it("computes the keys for search and sorting, and the counts, of existing tasks", async () => {
    using folder = await oldFolder();
    const keys = "UPDATE tasks SET title_key = 'of an older version'";
    await tamper(folder.path, { sqlite: keys, postgres: keys });
    await upgrade(folder);
    expect(await query(folder.path, "SELECT title, title_key, title_sort FROM tasks WHERE title LIKE 'Ż%'")).toEqual([
      { title: "Żółć, é and é, ﬁ, ẞ", title_key: "zolc, e and e, fi, ss", title_sort: "zolc, e and e, fi, ss" },
    ]);
    const counts = "SELECT priority, open, completed, deleted FROM task_counts ORDER BY project_id, priority";
    expect(await query(folder.path, counts)).toEqual([
      { priority: "high", open: 1, completed: 0, deleted: 0 },
      { priority: "low", open: 0, completed: 1, deleted: 0 },
      { priority: "medium", open: 0, completed: 0, deleted: 2 },
      { priority: "low", open: 1, completed: 0, deleted: 0 },
      { priority: "medium", open: 1, completed: 0, deleted: 0 },
    ]);
  });

  it("changes nothing when it fails halfway", async () => {
    using folder = await oldFolder();
    const index = "CREATE INDEX tasks_by_estimate ON sessions (created_at)";
    await tamper(folder.path, { sqlite: index, postgres: index });
    const before = await readRows(folder);
    await expectStartError({ DATA_DIR: folder.path }, /can't (open|use) /, newer.path);
    expect(await readRows(folder)).toEqual(before);
    await using program = await startProgram({ DATA_DIR: folder.path });
    expect(await signIn(program.url, ADA)).toBeString();
  });

  it("makes the older version refuse the database and change nothing", async () => {
    using folder = await oldFolder();
    await upgrade(folder);
    const before = await readRows(folder);
    await expectStartError({ DATA_DIR: folder.path }, /newer version.*nothing was changed.*restore/);
    expect(await readRows(folder)).toEqual(before);
  });
});

describe.skipIf(noFile)("the copy of a database file before an upgrade", () => {
  it("holds the old database, is private and can be started", async () => {
    using folder = await oldFolder();
    const before = await readRows(folder);
    const copy = await upgrade(folder);
    expect(copy).toMatch(/\/taskflow\.db\.before-upgrade-[^/:]+Z$/);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    using restored = dataFolder();
    copyFileSync(copy, restored.file("taskflow.db"));
    expect(await readRows(restored)).toEqual(before);
    await using program = await startProgram({ DATA_DIR: folder.path, DATABASE_URL: copy });
    expect(await signIn(program.url, ADA)).toBeString();
  });

  it("is named by the older version, which can restore it", async () => {
    using folder = await oldFolder();
    const copy = await upgrade(folder);
    const file = folder.file("taskflow.db");
    // A later upgrade kept a copy that this version can't read either.
    copyFileSync(file, `${file}.before-upgrade-2999-01-01T00-00-00.000Z`);
    for (const command of ["serve", "backup"]) {
      const { code, stderr } = await runProgram([command], { DATA_DIR: folder.path });
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`taskflow restore ${copy}`) });
    }
    const back = await runProgram(["restore", copy, "--yes"], { DATA_DIR: folder.path });
    expect(back).toMatchObject({ code: 0, stderr: "" });
    await using program = await startProgram({ DATA_DIR: folder.path });
    expect(await signIn(program.url, ADA)).toBeString();
  });

  it("is not made when no migration is pending", async () => {
    using folder = dataFolder();
    for (let start = 0; start < 2; start++) {
      await using program = await startProgram({ DATA_DIR: folder.path });
      expect(await program.stop()).toBe(0);
      expect(Object.keys(fingerprint(folder.path))).toEqual(["jwt-secret", "taskflow.db"]);
    }
  });
});
