import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { boundByRights } from "../support/bound-by-rights.ts";
import { dataFolder } from "../support/data-folder.ts";
import { noFile, runProgram } from "../support/program.ts";

setDefaultTimeout(60_000);

const bound = boundByRights();
/** Only root can make something another user's. */
const held = process.getuid?.() === 0 && bound !== undefined;
if (!held) console.log("skipped: only root can make something another user's");
const OTHER = 1234;
const ME = "-o 0 -g 0";

interface Case {
  /** Another user's folder: what is in it, and who may look. */
  readonly holds?: string[];
  readonly mode?: number;
  /** From the other user's folder. */
  readonly set: (folder: string) => Record<string, string>;
  readonly run: (folder: string) => string;
}

const database = (name: string) => (folder: string) => ({ DATABASE_URL: `${folder}/${name}` });
const data = (below: string) => (folder: string) => ({ DATA_DIR: folder + below });
const backups = (below: string) => (folder: string) => ({ BACKUP_DIR: folder + below });
const own = (folder: string) => `contains other files; use a separate folder: install -d ${ME} ${folder}/taskflow;`;

describe.skipIf(noFile || (!held && !process.env.CI))("what somebody is told to run as root, of rights", () => {
  const cases: Record<string, Case> = {
    "is about a folder of data that is another user's": {
      holds: ["taskflow.db", "jwt-secret", "lost+found"],
      set: data(""),
      run: (folder) => `run: chown -R 0:0 ${folder};`,
    },
    "is about one that nobody else may look into": {
      mode: 0o700,
      set: data(""),
      run: (folder) => `run: chown -R 0:0 ${folder};`,
    },
    "is about the folder that is missing, not the one above it": {
      holds: ["taskflow.db"],
      set: data("/below/it"),
      run: (folder) => `run: install -d ${ME} ${folder}/below/it;`,
    },
    "leaves a folder alone that others use, too": { holds: ["passwd"], set: data(""), run: own },
    "leaves the folder of a database alone where others use it, too": {
      holds: ["tf.db", "dpkg"],
      set: database("tf.db"),
      run: own,
    },
    "leaves the folder of a database alone that nobody else may look into": {
      mode: 0o700,
      set: database("tf.db"),
      run: () => "and can't read it; use a folder that it can read;",
    },
    "is about a folder for backups that is missing": {
      holds: ["passwd"],
      set: backups("/backups of mine"),
      run: (folder) => `run: install -d ${ME} "${folder}/backups of mine";`,
    },
    "leaves a folder for backups alone that others use, too": { holds: ["dpkg.status.0"], set: backups(""), run: own },
  };

  it.each(Object.entries(cases))("%s", async (_, { holds = [], mode = 0o755, set, run }) => {
    using folder = dataFolder();
    const theirs = folder.file("theirs");
    mkdirSync(theirs);
    for (const name of holds) writeFileSync(`${theirs}/${name}`, "");
    chmodSync(theirs, mode);
    const environment: Record<string, string> = { DATA_DIR: folder.file("data"), ...set(theirs) };
    const command = environment.BACKUP_DIR ? "backup" : "migrate";
    if (command === "backup") expect((await runProgram(["migrate"], environment)).code).toBe(0);
    chownSync(theirs, OTHER, OTHER);
    const { code, stderr } = await runProgram([command], environment, bound);
    expect(code).toBe(1);
    expect(stderr).toContain(`uid 0 can't write ${theirs}, which belongs to uid ${OTHER}`);
    expect(stderr).toContain(run(theirs));
    const doctor = await runProgram(["doctor"], environment, bound);
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toContain(run(theirs).slice(0, -1));
    expect(doctor.stdout).not.toContain("the first start makes it");
  });

  it("is about a file alone that is another user's", async () => {
    using folder = dataFolder();
    const environment = { DATA_DIR: folder.path };
    expect((await runProgram(["migrate"], environment)).code).toBe(0);
    chownSync(folder.file("taskflow.db"), OTHER, OTHER);
    for (const command of ["migrate", "doctor"]) {
      const { code, stdout, stderr } = await runProgram([command], environment, bound);
      expect(code).toBe(1);
      expect(stdout + stderr).toContain(`uid ${OTHER}; run: chown 0:0 ${folder.file("taskflow.db")}`);
    }
  });
});
