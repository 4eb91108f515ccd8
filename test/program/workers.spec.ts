import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { signUp } from "../support/client.ts";
import { expectCommandError } from "../support/command-errors.ts";
import { holdPort } from "../support/connection.ts";
import { dataFolder } from "../support/data-folder.ts";
import { LEFT_BEHIND, type Program, startProgram } from "../support/program.ts";
import { waitUntil } from "../support/wait-until.ts";

setDefaultTimeout(180_000);

const TWO = ["--workers", "2"];

/** Returns the child processes of a program. */
const childrenOf = ({ process: { pid } }: Program): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);

const isReady = async ({ url }: Program) =>
  (await fetch(`${url}/readyz`, { headers: { connection: "close" } }).catch(() => undefined))?.status === 200;

// Only Linux distributes the connections of a port among processes, and lists a process's children in a file.
describe.skipIf(process.platform !== "linux")("workers", () => {
  it("serve one URL, which is printed once", async () => {
    await using program = await startProgram({}, TWO);
    expect(program.output()).toMatch(/^[^\n]*http:\/\/localhost:\d+\n$/);
    expect(childrenOf(program)).toHaveLength(2);
    const person = await signUp(program.url);
    // A separate connection for each, so that both workers get some.
    const added = await Promise.all(
      Array.from({ length: 40 }, (_, number) =>
        person.send("/api/tasks", { json: { title: `Task ${number}` }, headers: { connection: "close" } }),
      ),
    );
    expect(new Set(added.map(({ status }) => status))).toEqual(new Set([201]));
    for (let round = 0; round < 10; round++) {
      const list = await person.send("/api/tasks", { headers: { connection: "close" } });
      expect(await list.json()).toMatchObject({ totals: { open: 40 } });
    }
  });

  it("are restarted after a crash", async () => {
    await using program = await startProgram({}, TWO);
    const [first = 0, second = 0] = childrenOf(program);
    process.kill(first, "SIGKILL");
    await waitUntil(() => childrenOf(program).length === 2 && !childrenOf(program).includes(first));
    process.kill(second, "SIGKILL");
    await waitUntil(() => childrenOf(program).length === 2 && !childrenOf(program).includes(second));
    await waitUntil(() => isReady(program));
    expect((await signUp(program.url)).token).toBeString();
  });

  it("stop together", async () => {
    await using program = await startProgram({}, TWO);
    await signUp(program.url);
    const workers = childrenOf(program);
    expect(await program.stop()).toBe(0);
    for (const pid of workers) expect(() => process.kill(pid, 0)).toThrow();
    // SQLite keeps its log if two processes close the file at the same moment.
    const left = readdirSync(program.dataDir).filter((name) => !/-(wal|shm)$/.test(name));
    expect(left.sort()).toEqual(LEFT_BEHIND);
  });

  it("exit when their parent process is killed", async () => {
    await using program = await startProgram({}, TWO);
    const workers = childrenOf(program);
    await program.stop("SIGKILL");
    await waitUntil(() =>
      workers.every((pid) => {
        try {
          return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
        } catch {
          return true;
        }
      }),
    );
    expect(await isReady(program)).toBe(false);
  });

  it("report in one line why they can't start", async () => {
    await using holder = await startProgram();
    const { port } = new URL(holder.url);
    await using _ = await holdPort(Number(port));
    using folder = dataFolder();
    const environment = { PORT: port, DATA_DIR: folder.path };
    await expectCommandError(["serve", ...TWO], environment, new RegExp(`port ${port} is in use`));
    await expectCommandError(["serve", ...TWO], { DATA_DIR: "/proc/nope" }, /\/proc\/nope.*DATA_DIR/);
    for (const count of ["0", "65", "two", "-1"])
      await expectCommandError(["serve", "--workers", count], { DATA_DIR: folder.path }, /--workers N/);
  });
});
