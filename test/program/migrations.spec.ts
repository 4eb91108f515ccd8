import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { noFile, query, ROOT, startProgram } from "../support/program.ts";
import { copyProgram } from "../support/versions.ts";

setDefaultTimeout(180_000);

/** Reads the migrations of both engines, with the modules that list them. */
const readMigrations = (root: string) =>
  ["sqlite", "postgres"].flatMap((engine) => {
    const folder = join(root, "src", "db", engine, "migrations");
    const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    return files.map(({ name }) => [engine, name, readFileSync(join(folder, name), "utf8")]).sort();
  });

describe("scripts/migration.ts", () => {
  it("generates nothing for the schema as it is", () => {
    using copy = copyProgram();
    const output = copy.generate("nothing");
    expect(output).toContain("sqlite: no changes\n");
    expect(output).toContain("postgres: no changes\n");
    expect(readMigrations(copy.path)).toEqual(readMigrations(ROOT));
  });

  it("reminds of WITHOUT ROWID when it creates a table with a compound key", () => {
    using copy = copyProgram();
    copy.editSchema("tasks.ts", 'text("title").notNull()', 'text("title").notNull().default("")');
    expect(copy.generate("rebuild_tasks")).toMatch(/^sqlite: .*compound key.*WITHOUT ROWID/m);
  });
});

describe.skipIf(noFile)("a new SQLite database", () => {
  it("stores the rows of tables with a compound key by key", async () => {
    await using program = await startProgram();
    const tables = await query(
      program.dataDir,
      `SELECT name, wr AS withoutRowid FROM pragma_table_list AS tables WHERE schema = 'main' AND type = 'table'
        AND (SELECT max(pk) FROM pragma_table_info(tables.name)) > 1 ORDER BY name`,
    );
    // Its rows are few and short-lived.
    const byRowid = ["idempotency_keys"];
    expect(tables).toContainEqual({ name: "tasks", withoutRowid: 1 });
    expect(tables.filter(({ withoutRowid }) => !withoutRowid).map(({ name }) => name)).toEqual(byRowid);
  });
});
