import { Elysia } from "elysia";
import type { Database } from "../db/database.ts";
import { AppError } from "../errors.ts";

/** Whether the process accepts requests. */
export type Phase = "starting" | "serving" | "stopping";

/**
 * `/healthz`: the process is alive, also while it shuts down. `/readyz`: it accepts requests; migrations are complete
 * and a write reaches the disk.
 */
export function health(db: Database, phase: () => Phase) {
  // Anyone can send probes: those that arrive together share one write.
  let checking: Promise<void> | undefined;
  const check = () => {
    checking ??= db.check().finally(() => {
      checking = undefined;
    });
    return checking;
  };

  return new Elysia({ name: "health", detail: { hide: true } })
    .get("/healthz", () => ({ status: "ok" }))
    .get("/readyz", async () => {
      const now = phase();
      if (now !== "serving") throw new AppError("unavailable", `Not ready: the process is ${now}.`);
      await check();
      return { status: "ok" };
    });
}
