import { cpSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT, run } from "./containers.ts";
import { temporaryFolder } from "./program.ts";

/**
 * A copy of this checkout, as it is now, that a spec may write into; its packages are this one's, and the specs are left
 * out. With `cloned` it is as after `git clone`: every file, and no packages.
 */
export async function checkout({ cloned = false } = {}): Promise<Disposable & { readonly path: string }> {
  const path = temporaryFolder();
  // A history of its own: that of a linked worktree is shared, and a spec may add to it.
  await run(["git", "clone", "--quiet", "--no-checkout", ROOT, path]);
  const { stdout } = await run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
  for (const file of stdout.split("\0").filter((name) => name && (cloned || !name.startsWith("test/")))) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    cpSync(join(ROOT, file), join(path, file), { force: true });
  }
  await run(["git", "-C", path, "reset", "--quiet"]);
  if (!cloned) symlinkSync(join(ROOT, "node_modules"), join(path, "node_modules"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
