import { expect } from "bun:test";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { signIn, signUp } from "./client.ts";
import { dataFolder } from "./data-folder.ts";
import { runProgram, startProgram } from "./program.ts";
import { createTask } from "./tasks.ts";

/** Runs a command that must succeed. @returns its output */
export async function run(args: string[], environment: Record<string, string | undefined>): Promise<string> {
  const { code, stdout, stderr } = await runProgram(args, environment);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.trim();
}

/** Starts the program on a data folder. @returns the titles of a user's tasks */
export async function titlesIn(dataDir: string, person: { username: string; password: string }): Promise<string[]> {
  await using program = await startProgram({ DATA_DIR: dataDir });
  const authorization = `Bearer ${await signIn(program.url, person)}`;
  const titles: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const at = `${program.url}/api/tasks?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
    const page = await (await fetch(at, { headers: { authorization } })).json();
    const { items, nextCursor } = page as { items: { title: string }[]; nextCursor: string | null };
    titles.push(...items.map(({ title }) => title));
    cursor = nextCursor;
  }
  expect(await program.stop()).toBe(0);
  return titles;
}

/** Creates a data folder with one task, and one backup of it. */
export async function withBackup() {
  const folder = dataFolder();
  await using program = await startProgram({ DATA_DIR: folder.file("data") });
  const person = await signUp(program.url);
  await createTask(person, "From before");
  await program.stop();
  const environment = { DATA_DIR: folder.file("data"), BACKUP_DIR: folder.file("backups") };
  const file = await run(["backup"], environment);
  return { folder, person, environment, file, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

/** Copies a backup and its manifest. @param changes fields of the manifest to replace */
export function copyBackup(file: string, to: string, changes: Record<string, unknown> = {}): void {
  copyFileSync(file, to);
  const manifest = JSON.parse(readFileSync(`${file}.json`, "utf8"));
  writeFileSync(`${to}.json`, JSON.stringify({ ...manifest, ...changes }));
}

/** Returns a copy of a buffer with one bit flipped. */
export function flipBit(bytes: Buffer, at: number, bit = 1): Buffer {
  const flipped = Buffer.from(bytes);
  flipped[at] = (flipped[at] ?? 0) ^ bit;
  return flipped;
}
