import { Elysia } from "elysia";
import type { Database } from "../db/database.ts";
import { AppError } from "../errors.ts";

/** Whether the process takes work. */
export type Phase = "starting" | "serving" | "stopping";

/**
 * `/healthz`: the process lives; it stays good while the process drains. `/readyz`: requests are welcome, which means
 * that migrations are done (nothing serves before) and that a write reaches the disk.
 */
export function health(db: Database, phase: () => Phase) {
  // Probes come from anywhere and need no sign-in: those that arrive together share one write.
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
