import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

const groups = new Set<number>();
const folders = new Set<string>();

// Signals other than SIGKILL become a normal exit, so that this runs however the script ends.
process.on("exit", () => {
  for (const group of groups) killGroup(group);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));

/** Kills a child's process group when the child or this process exits. The child leads its group (`detached`). */
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
    // The group is empty.
  }
}

/** Creates a folder that is removed when this process exits. */
export function temporaryFolder(parent: string): string {
  const folder = mkdtempSync(join(parent, "run-"));
  folders.add(folder);
  return folder;
}
