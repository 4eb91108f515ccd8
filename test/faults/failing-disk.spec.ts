import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { cpSync } from "node:fs";
import { send, signUp } from "../support/client.ts";
import { type DataFolder, dataFolder, withSqlite } from "../support/data-folder.ts";
import { expectNothingLost, type Load, startLoad } from "../support/load.ts";
import { noFile, type Program, ROOT, startProgram } from "../support/program.ts";
import { waitUntil } from "../support/wait-until.ts";

setDefaultTimeout(120_000);

const noStrace = Bun.which("strace") === null && !process.env.CI;
if (noStrace) console.log("skipped: strace is missing (Debian: apt-get install strace)");

/**
 * Starts the program on a disk that fails.
 * @param calls the system calls that fail, of those on the database and its log
 * @param when which of them fail: the third is "3", the third and every tenth after it "3+10"
 * @returns the program, or the message with which it ended
 */
function startOn(folder: string, calls: string, error: string, when: string): Promise<Program | string> {
  const files = ["taskflow.db", "taskflow.db-wal"].flatMap((name) => ["-P", `${folder}/${name}`]);
  const inject = ["-e", `trace=${calls}`, "-e", `inject=${calls}:error=${error}:when=${when}`];
  const strace = ["strace", "-D", "-f", "-qqq", "--seccomp-bpf", "-o", "/dev/null", ...files, ...inject];
  return startProgram({ DATA_DIR: folder, LOG_LEVEL: "error" }, [], ROOT, strace).catch(({ message }) => message);
}

const FAILED_START = /^the program ended with 1: taskflow: [^\n]*the disk[^\n]* failing[^\n]*\n/;

/** Creates an account on a disk that works. */
async function signUpOn(folder: string) {
  await using program = await startProgram({ DATA_DIR: folder, LOG_LEVEL: "error" });
  return await signUp(program.url);
}

/** Returns the titles of the tasks in a database file, without its log. */
function titlesIn(folder: DataFolder): Set<string> {
  using copy = dataFolder();
  cpSync(folder.file("taskflow.db"), copy.file("taskflow.db"));
  const rows = withSqlite(copy.file("taskflow.db"), (database) => database.query("SELECT title FROM tasks").values());
  return new Set(rows.map(([title]) => String(title)));
}

describe.skipIf(noFile || noStrace)("disk that fails", () => {
  it("stops all writing once a sync fails, whichever it is, and keeps every confirmed write", async () => {
    using folder = dataFolder();
    const person = await signUpOn(folder.path);
    const headers = { authorization: `Bearer ${person.token}` };
    const loads: Load[] = [];
    for (let nth = 1; nth <= 8; nth++) {
      const program = await startOn(folder.path, "fsync,fdatasync", "EIO", `${nth}`);
      if (typeof program === "string") {
        expect(program).toMatch(FAILED_START);
        continue;
      }
      await using _ = program;
      const { url } = program;
      const load = startLoad([url], person, { name: `sync ${nth}` });
      loads.push(load);
      await waitUntil(() => load.statuses.has(503));
      // Later syncs report success, which after a failed one proves nothing.
      for (let attempt = 0; attempt < 3; attempt++) {
        const refused = await send(url, "/api/tasks", { json: { title: "Too late" }, headers });
        expect(refused.status).toBe(503);
        const { detail } = (await refused.json()) as { detail: string };
        expect(detail).toMatch(/^The disk of TaskFlow failed, so it has stopped writing, and nothing was changed\./);
      }
      expect((await send(url, "/api/tasks", { headers })).status).toBe(200);
      expect((await fetch(`${url}/readyz`)).status).toBe(503);
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      await program.waitFor(/the disk failed to store a change: writing has stopped/);
      await load.end();
    }
    expect(loads.length).toBeGreaterThan(3);

    await using program = await startProgram({ DATA_DIR: folder.path });
    await expectNothingLost(program.url, person, loads);
    // The start has moved every commit out of the log, which may end with one that is not on disk.
    const titles = titlesIn(folder);
    expect(loads.flatMap(({ added }) => [...added.keys()].filter((title) => !titles.has(title)))).toEqual([]);
  });

  it("confirms no write that did not fit, whichever it is, and leaves no half of one", async () => {
    using folder = dataFolder();
    const person = await signUpOn(folder.path);
    const loads: Load[] = [];
    for (let nth = 50; nth <= 170; nth += 30) {
      const program = await startOn(folder.path, "pwrite64", "ENOSPC", `${nth}+${nth}`);
      if (typeof program === "string") {
        expect(program).toMatch(FAILED_START);
        continue;
      }
      await using _ = program;
      const load = startLoad([program.url], person, { name: `write ${nth}` });
      loads.push(load);
      await waitUntil(() => (load.statuses.get(503) ?? 0) > 10);
      await load.end();
    }
    expect(loads.length).toBeGreaterThan(1);

    await using program = await startProgram({ DATA_DIR: folder.path });
    await expectNothingLost(program.url, person, loads);
    const titles = titlesIn(folder);
    expect(loads.flatMap(({ rejected }) => [...rejected].filter((title) => titles.has(title)))).toEqual([]);
  });
});
