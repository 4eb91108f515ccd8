import { statfsSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem, type } from "node:os";
import { $, which } from "zx";

const TMPFS = 0x01021994;

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly bun: string;
  readonly node: string;
  /** Whether server and load had a core each. */
  readonly pinned: boolean;
  /** What puts a server, and the load, on its core; empty where that can't be. */
  readonly pins: { readonly server: readonly string[]; readonly load: readonly string[] };
}

export async function describeMachine(): Promise<Machine> {
  const pinned = availableParallelism() >= 2 && which.sync("taskset", { nothrow: true }) !== null;
  const node = await $({ quiet: true, nothrow: true })`node --version`;
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    bun: Bun.version,
    node: node.exitCode === 0 ? node.stdout.trim().replace(/^v/, "") : "none",
    pinned,
    pins: pinned
      ? { server: ["taskset", "--cpu-list", "0"], load: ["taskset", "--cpu-list", "1"] }
      : { server: [], load: [] },
  };
}

/** Whether the folder lies in memory, where being on disk costs nothing and means nothing. */
export function isInMemory(folder: string): boolean {
  return process.platform === "linux" && statfsSync(folder).type === TMPFS;
}
