import { join } from "node:path";
import { killAtEnd } from "../lib/leftovers.ts";
import type { Drive, Driven, Opened, Watch, Watched } from "./load-jobs.ts";

type Report = Driven | Opened | Watched | { failure: string };

export interface Load {
  drive(job: Omit<Drive, "kind">): Promise<Driven>;
  /** @param whenOpen called while all streams are open and nothing has been written */
  watch(job: Omit<Watch, "kind">, whenOpen: () => Promise<void>): Promise<Watched>;
  stop(): void;
}

/** Starts the load generator. @param pin what goes before its command, to keep it on a core of its own */
export function startLoad(pin: readonly string[]): Load {
  let heard = (_: Report) => {};
  const child = killAtEnd(
    Bun.spawn([...pin, process.execPath, join(import.meta.dir, "load.ts")], {
      detached: true,
      stdio: ["ignore", "inherit", "inherit"],
      ipc: (report: Report) => heard(report),
    }),
  );
  async function report<Kind>(): Promise<Kind> {
    const answer = await new Promise<Report>((resolve) => {
      heard = resolve;
    });
    if ("failure" in answer && !("rate" in answer)) throw new Error(answer.failure);
    return answer as Kind;
  }
  return {
    drive(job) {
      child.send({ kind: "drive", ...job });
      return report<Driven>();
    },
    async watch(job, whenOpen) {
      child.send({ kind: "watch", ...job });
      await report<Opened>();
      await whenOpen();
      const watched = report<Watched>();
      child.send({ kind: "go" });
      return watched;
    },
    stop: () => child.kill("SIGKILL"),
  };
}
