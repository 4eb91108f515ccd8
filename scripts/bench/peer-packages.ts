import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { $, which } from "zx";

/** The newest that Node 20 runs. */
const PACKAGES = {
  "@fastify/cookie": "11.1.5",
  "@fastify/jwt": "10.2.8",
  "@fastify/static": "10.1.11",
  bcrypt: "6.0.0",
  "better-sqlite3": "12.11.1",
  eta: "4.6.0",
  fastify: "5.12.8",
};
const HOW = "install Node.js 20 or later (https://nodejs.org), which brings npm";

/** @returns what keeps the peer from running, or undefined */
export function peerProblem(): string | undefined {
  const missing = ["node", "npm"].filter((tool) => !which.sync(tool, { nothrow: true }));
  return missing.length > 0 ? `no ${missing.join(" and no ")}: ${HOW}` : undefined;
}

/**
 * Puts the peer beside its packages, which npm installs once; the project's own install knows nothing of them.
 * @returns the file to run with Node
 * @throws Error with npm's words
 */
export async function installPeer(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const manifest = `${JSON.stringify({ private: true, type: "module", dependencies: PACKAGES }, undefined, 2)}\n`;
  const written = join(folder, "package.json");
  const installed = existsSync(join(folder, "node_modules", "fastify"));
  if (
    !installed ||
    (await Bun.file(written)
      .text()
      .catch(() => "")) !== manifest
  ) {
    await Bun.write(written, manifest);
    await $({ cwd: folder, quiet: true })`npm install --no-audit --no-fund --loglevel=error`;
  }
  const program = join(folder, "peer.mjs");
  copyFileSync(join(import.meta.dir, "peer.mjs"), program);
  return program;
}
