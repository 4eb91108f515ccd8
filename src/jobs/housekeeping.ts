import type { Idempotency } from "../db/idempotency.ts";
import type { Accounts } from "../features/accounts/service.ts";
import type { Trash } from "../features/tasks/trash.ts";
import type { Logger } from "../ops/logging.ts";

const HOUR_MS = 60 * 60 * 1000;

interface Rooms {
  accounts: Pick<Accounts, "forgetExpired">;
  idempotency: Pick<Idempotency, "forgetOld">;
  trash: Pick<Trash, "emptyTrash">;
}

/**
 * Lets go of what has had its time, at the start and every hour: old trash, answers kept for repeated requests,
 * sessions that ran out. Several processes may do it at once.
 */
export function keepHouse({ accounts, idempotency, trash }: Rooms, logger: Logger) {
  async function clean() {
    try {
      const tasks = await trash.emptyTrash();
      if (tasks > 0) logger.info("trash emptied", { tasks });
      await idempotency.forgetOld();
      await accounts.forgetExpired();
    } catch {
      logger.warn("housekeeping failed; it is tried again in an hour");
    }
  }
  let running = clean();
  const timer = setInterval(() => {
    running = running.then(clean);
  }, HOUR_MS);
  return { stop: () => clearInterval(timer) };
}
