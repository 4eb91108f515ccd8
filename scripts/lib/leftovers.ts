import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

const children = new Set<Bun.Subprocess>();
const folders = new Set<string>();

// Signals other than SIGKILL become a normal exit, so that this runs however the script ends.
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));

/** Kills a child process when this process exits. */
export function killAtEnd<Child extends Bun.Subprocess>(child: Child): Child {
  children.add(child);
  child.exited.then(() => children.delete(child));
  return child;
}

/** Creates a folder that is removed when this process exits. */
export function temporaryFolder(parent: string): string {
  const folder = mkdtempSync(join(parent, "run-"));
  folders.add(folder);
  return folder;
}
