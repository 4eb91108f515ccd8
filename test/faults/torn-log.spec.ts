import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { appendFileSync, cpSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { signUp } from "../support/client.ts";
import { type DataFolder, dataFolder, withSqlite } from "../support/data-folder.ts";
import { noFile, startProgram } from "../support/program.ts";
import { expectKept, type Storm, startStorm } from "../support/storm.ts";

setDefaultTimeout(120_000);

/** A frame of SQLite's log: its head, and a page (https://sqlite.org/fileformat2.html, section 4). */
const FRAME = 24 + 4096;

/** What a write that was cut off by the power may leave behind the last one that was answered. */
const tails: Record<string, (log: string) => void> = {
  "half a frame": (log) => appendFileSync(log, readFileSync(log).subarray(32, 32 + FRAME / 2)),
  "a frame of noise": (log) => appendFileSync(log, crypto.getRandomValues(new Uint8Array(FRAME))),
  "a frame whose bytes are not its checksum's": (log) => {
    const bytes = readFileSync(log);
    const frame = Buffer.from(bytes.subarray(bytes.length - FRAME));
    frame.writeUInt8(frame.readUInt8(FRAME - 1) ^ 1, FRAME - 1);
    appendFileSync(log, frame);
  },
  "frames of zeros, as a file that grew and was not written": (log) =>
    truncateSync(log, statSync(log).size + 2 * FRAME),
};

describe.skipIf(noFile)("a log that ends in the middle of a write", () => {
  it.each(Object.keys(tails))("is read up to there: %s", async (tail) => {
    using killed: DataFolder = dataFolder();
    const program = await startProgram({ DATA_DIR: killed.path });
    await using _ = program;
    const person = await signUp(program.url);
    const storm: Storm = startStorm([program.url], person);
    await storm.more(60);
    await program.stop("SIGKILL");
    await storm.end();

    using folder = dataFolder();
    cpSync(killed.path, folder.path, { recursive: true });
    const log = folder.file("taskflow.db-wal");
    expect(statSync(log).size).toBeGreaterThan(FRAME);
    tails[tail]?.(log);
    // What tells processes where the log stands is of the machine that lost its power.
    writeFileSync(folder.file("taskflow.db-shm"), "");

    await using after = await startProgram({ DATA_DIR: folder.path });
    await expectKept(after.url, person, [storm]);
    expect(await after.stop()).toBe(0);
    expect(
      withSqlite(folder.file("taskflow.db"), (database) => database.query("PRAGMA integrity_check").all()),
    ).toEqual([{ integrity_check: "ok" }]);
  });
});
