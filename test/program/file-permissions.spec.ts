import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { dataFolder } from "../support/data-folder.ts";
import { enforcePermissions } from "../support/enforce-permissions.ts";
import { noFile, runProgram } from "../support/program.ts";

setDefaultTimeout(180_000);

const prefix = enforcePermissions();
/** Only root can change the owner of a file. */
const enforced = process.getuid?.() === 0 && prefix !== undefined;
if (!enforced) console.log("skipped: changing the owner of a file requires root");
const OTHER = 1234;
const ME = "-o 0 -g 0";

interface Case {
  /** The folder of another user: its files and mode. */
  readonly files?: string[];
  readonly mode?: number;
  /** The variables that refer to the folder. */
  readonly set: (folder: string) => Record<string, string>;
  /** The suggestion. */
  readonly run: (folder: string) => string;
}

const database = (name: string) => (folder: string) => ({ DATABASE_URL: `${folder}/${name}` });
const data = (below: string) => (folder: string) => ({ DATA_DIR: folder + below });
const backups = (below: string) => (folder: string) => ({ BACKUP_DIR: folder + below });
const own = (folder: string) => `contains other files; use a separate folder: install -d ${ME} ${folder}/taskflow;`;

describe.skipIf(noFile || (!enforced && !process.env.CI))("suggestion after a permission error", () => {
  const cases: Record<string, Case> = {
    "changes the owner of a data folder": {
      files: ["taskflow.db", "jwt-secret", "lost+found"],
      set: data(""),
      run: (folder) => `run: chown -R 0:0 ${folder};`,
    },
    "changes the owner of an unreadable data folder": {
      mode: 0o700,
      set: data(""),
      run: (folder) => `run: chown -R 0:0 ${folder};`,
    },
    "creates a missing folder instead of changing its parent": {
      files: ["taskflow.db"],
      set: data("/below/it"),
      run: (folder) => `run: install -d ${ME} ${folder}/below/it;`,
    },
    "uses a separate folder if the data folder has other files": { files: ["passwd"], set: data(""), run: own },
    "uses a separate folder if the database folder has other files": {
      files: ["tf.db", "dpkg"],
      set: database("tf.db"),
      run: own,
    },
    "uses another folder if the database folder is unreadable": {
      mode: 0o700,
      set: database("tf.db"),
      run: () => "and can't read it; use a folder that it can read;",
    },
    "creates a missing backup folder": {
      files: ["passwd"],
      set: backups("/backups of mine"),
      run: (folder) => `run: install -d ${ME} "${folder}/backups of mine";`,
    },
    "uses a separate folder if the backup folder has other files": {
      files: ["dpkg.status.0"],
      set: backups(""),
      run: own,
    },
  };

  it.each(Object.entries(cases))("%s", async (_, { files = [], mode = 0o755, set, run }) => {
    using folder = dataFolder();
    const theirs = folder.file("theirs");
    mkdirSync(theirs);
    for (const name of files) writeFileSync(`${theirs}/${name}`, "");
    chmodSync(theirs, mode);
    const environment: Record<string, string> = { DATA_DIR: folder.file("data"), ...set(theirs) };
    const command = environment.BACKUP_DIR ? "backup" : "migrate";
    if (command === "backup") expect((await runProgram(["migrate"], environment)).code).toBe(0);
    chownSync(theirs, OTHER, OTHER);
    const { code, stderr } = await runProgram([command], environment, prefix);
    expect(code).toBe(1);
    expect(stderr).toContain(`uid 0 can't write ${theirs}, which belongs to uid ${OTHER}`);
    expect(stderr).toContain(run(theirs));
    const doctor = await runProgram(["doctor"], environment, prefix);
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toContain(run(theirs).slice(0, -1));
    expect(doctor.stdout).not.toContain("the first start creates it");
  });

  it("changes the owner of a single file", async () => {
    using folder = dataFolder();
    const environment = { DATA_DIR: folder.path };
    expect((await runProgram(["migrate"], environment)).code).toBe(0);
    chownSync(folder.file("taskflow.db"), OTHER, OTHER);
    for (const command of ["migrate", "doctor"]) {
      const { code, stdout, stderr } = await runProgram([command], environment, prefix);
      expect(code).toBe(1);
      expect(stdout + stderr).toContain(`uid ${OTHER}; run: chown 0:0 ${folder.file("taskflow.db")}`);
    }
  });
});
