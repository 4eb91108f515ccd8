import { cpSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "./containers.ts";
import { ROOT, temporaryFolder } from "./program.ts";

/**
 * Copies this checkout, with uncommitted changes, so that a spec may modify it. The copy shares its packages and has no
 * specs. With `cloned`, it has every file and no packages, as after `git clone`.
 */
export async function checkout({ cloned = false } = {}): Promise<Disposable & { readonly path: string }> {
  const path = temporaryFolder();
  // A separate history, as a spec may commit, and a linked worktree would share it.
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
