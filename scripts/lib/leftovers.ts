import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

const groups = new Set<number>();
const folders = new Set<string>();

/** Runs however the script ends, short of SIGKILL: signals are turned into an ordinary exit. */
process.on("exit", () => {
  for (const group of groups) killGroup(group);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));

/**
 * Notes a child that leads a process group of its own (`detached`), so that its own children go with it.
 * @param child killed with the script unless it has ended before
 */
export function killAtEnd<Child extends Bun.Subprocess>(child: Child): Child {
  groups.add(child.pid);
  child.exited.then(() => {
    killGroup(child.pid);
    groups.delete(child.pid);
  });
  return child;
}

function killGroup(group: number) {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}

/** @returns a new folder that goes when the script does */
export function temporaryFolder(parent: string): string {
  const folder = mkdtempSync(join(parent, "run-"));
  folders.add(folder);
  return folder;
}
