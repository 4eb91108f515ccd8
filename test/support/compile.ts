/**
 * Compiles the program for the specs, which start it hundreds of times: compiled it takes a third of the processor time.
 * `bun run test` does it first. A file that is older than the source is not used, so `bun test FILE` tests what was edited.
 */
import { readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { $ } from "bun";

const ROOT = join(import.meta.dir, "..", "..");
const FILE = join(ROOT, "node_modules", ".cache", "taskflow-spec", "taskflow");

/** Returns the command that starts the program in a folder, without its arguments. @param root the folder of a version */
export function programCommand(root: string): string[] {
  return root === ROOT && isCurrent ? [FILE] : [process.execPath, "src/index.ts"];
}

const timeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

const isCurrent =
  timeOf(FILE) >
  Math.max(
    timeOf(join(ROOT, "bun.lock")),
    ...["src", "views", "static"].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true }).map((name) => timeOf(join(ROOT, folder, String(name)))),
    ),
  );

if (import.meta.main && !isCurrent) {
  // As in the Containerfile. Whatever runs the old file keeps it.
  const options = ["--bytecode", "--format=esm", "--minify", "--sourcemap=none"];
  const noFiles = ["--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig"];
  await $`bun build src/index.ts --compile ${options} ${noFiles} --outfile ${FILE}.new`.cwd(ROOT).quiet();
  renameSync(`${FILE}.new`, FILE);
}
