import { expect } from "bun:test";
import { signIn, signUp } from "./client.ts";
import { dataFolder } from "./data-folder.ts";
import { runProgram, startProgram } from "./program.ts";
import { createTask } from "./tasks.ts";

/** Runs a command that is to succeed. @returns what it says */
export async function run(args: string[], environment: Record<string, string | undefined>): Promise<string> {
  const { code, stdout, stderr } = await runProgram(args, environment);
  expect({ code, words: code === 0 ? "" : stderr }).toEqual({ code: 0, words: "" });
  return stdout.trim();
}

/** @returns the titles that a person finds in a data folder, by a program that is started on it */
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

/** A data folder with one task in it, and one backup of it. */
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
