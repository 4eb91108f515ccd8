import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DataFolder, dataFolder } from "./data-folder.ts";
import { ROOT, tamper, temporaryFolder } from "./program.ts";

/** An account in the fixture. */
export const ADA = { username: "ada", password: "a long enough phrase" };

/** Returns the SQL of a database of the initial schema, with rows in every table. */
export const initialSql = (engine: "sqlite" | "postgres") =>
  readFileSync(join(import.meta.dir, "fixtures", `initial.${engine}.sql`), "utf8");

/** Creates a data folder with a database of the initial schema. */
export async function oldFolder(): Promise<DataFolder> {
  const folder = dataFolder();
  await tamper(folder.path, { sqlite: initialSql("sqlite"), postgres: initialSql("postgres") });
  return folder;
}

/** Copies the program, so that a spec can change its schema. */
export function copyProgram() {
  const path = temporaryFolder();
  for (const name of ["src", "views", "static", "scripts", "package.json", "tsconfig.json"])
    cpSync(join(ROOT, name), join(path, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(path, "node_modules"));
  return {
    path,
    /** Replaces text in a file of src/db/schema. @throws Error if the file does not contain it */
    editSchema(name: string, text: string, replacement: string) {
      const file = join(path, "src", "db", "schema", name);
      const content = readFileSync(file, "utf8");
      if (!content.includes(text)) throw new Error(`${file} does not contain ${text}`);
      writeFileSync(
        file,
        content.replace(text, () => replacement),
      );
    },
    /** Generates migrations. @returns the output of the script */
    generate(name: string): string {
      const script = Bun.spawnSync([process.execPath, "scripts/migration.ts", name], { cwd: path });
      if (!script.success) throw new Error(`${script.stderr}${script.stdout}`);
      return `${script.stdout}`;
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Creates a version of the program with one more migration: a new column, its index and a rebuilt table. */
export function newerVersion() {
  const copy = copyProgram();
  copy.editSchema("tasks.ts", 'id: text("id").notNull(),', 'id: text("id").notNull(), estimate: integer("estimate"),');
  copy.editSchema("tasks.ts", "(task) => [", '(task) => [index("tasks_by_estimate").on(task.estimate),');
  // SQLite can't alter a default, so drizzle-kit copies the table and drops the old one.
  copy.editSchema("accounts.ts", 'text("username").notNull()', 'text("username").notNull().default("")');
  copy.generate("add_estimate");
  return copy;
}
