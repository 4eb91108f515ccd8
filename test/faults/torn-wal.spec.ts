import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { appendFileSync, cpSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { signUp } from "../support/client.ts";
import { type DataFolder, dataFolder, withSqlite } from "../support/data-folder.ts";
import { expectNothingLost, type Load, startLoad } from "../support/load.ts";
import { noFile, startProgram } from "../support/program.ts";

setDefaultTimeout(180_000);

/** The size of a frame of SQLite's WAL: header and page (https://sqlite.org/fileformat2.html, section 4). */
const FRAME = 24 + 4096;

/** What a power failure during a write can leave after the last confirmed one. */
const tails: Record<string, (wal: string) => void> = {
  "half a frame": (wal) => appendFileSync(wal, readFileSync(wal).subarray(32, 32 + FRAME / 2)),
  "a frame of random bytes": (wal) => appendFileSync(wal, crypto.getRandomValues(new Uint8Array(FRAME))),
  "a frame with a wrong checksum": (wal) => {
    const bytes = readFileSync(wal);
    const frame = Buffer.from(bytes.subarray(bytes.length - FRAME));
    frame.writeUInt8(frame.readUInt8(FRAME - 1) ^ 1, FRAME - 1);
    appendFileSync(wal, frame);
  },
  "frames of zeros, from a file that grew before it was written": (wal) =>
    truncateSync(wal, statSync(wal).size + 2 * FRAME),
};

describe.skipIf(noFile)("WAL that ends in the middle of a write", () => {
  it.each(Object.keys(tails))("is read up to the last complete frame: %s", async (tail) => {
    using killed: DataFolder = dataFolder();
    const program = await startProgram({ DATA_DIR: killed.path });
    await using _ = program;
    const person = await signUp(program.url);
    const load: Load = startLoad([program.url], person);
    await load.waitForMore(60);
    await program.stop("SIGKILL");
    await load.end();

    using folder = dataFolder();
    cpSync(killed.path, folder.path, { recursive: true });
    const wal = folder.file("taskflow.db-wal");
    expect(statSync(wal).size).toBeGreaterThan(FRAME);
    tails[tail]?.(wal);
    // The shared-memory index of the WAL does not survive a power failure.
    writeFileSync(folder.file("taskflow.db-shm"), "");

    await using after = await startProgram({ DATA_DIR: folder.path });
    await expectNothingLost(after.url, person, [load]);
    expect(await after.stop()).toBe(0);
    expect(
      withSqlite(folder.file("taskflow.db"), (database) => database.query("PRAGMA integrity_check").all()),
    ).toEqual([{ integrity_check: "ok" }]);
  });
});
