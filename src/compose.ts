import type { Config } from "./config.ts";
import type { Database } from "./db/database.ts";
import { createIdempotency } from "./db/idempotency.ts";
import { createAccounts } from "./features/accounts/service.ts";
import { createLive } from "./features/changes/live.ts";
import { createChanges } from "./features/changes/service.ts";
import { createTasks } from "./features/tasks/service.ts";
import type { Cookies } from "./http/cookies.ts";
import { createSessions } from "./http/session.ts";
import { signingSecret } from "./http/signing-secret.ts";
import type { Cleanup } from "./jobs/housekeeping.ts";
import type { Logger } from "./ops/logging.ts";

export type Services = ReturnType<typeof createServices>;

/** Creates every service, over one database. */
export function createServices(db: Database) {
  const idempotency = createIdempotency(db);
  const changes = createChanges(db, idempotency);
  const accounts = createAccounts(db, changes, idempotency);
  const tasks = createTasks(db, changes, idempotency);
  const live = createLive(db, changes, (actor) => accounts.isActive(actor));
  return { idempotency, changes, accounts, tasks, live };
}

/** Returns what identifies requests, with the configured signing secret or the one in the data folder. */
export const createSessionsFor = (config: Config, { accounts }: Services, cookies: Cookies) =>
  createSessions(
    config.jwtSecret ?? signingSecret(config.dataDir),
    (userId, sessionId, through) => accounts.findSession(userId, sessionId, through),
    cookies,
    config,
  );

/** Returns what deletes expired data. */
export const cleanupsOf = ({ changes, idempotency, accounts }: Services, logger: Logger): Cleanup[] => [
  async () => {
    const tasks = await changes.purgeTrash();
    if (tasks > 0) logger.info("trash purged", { tasks });
  },
  () => idempotency.deleteExpired(),
  () => accounts.deleteExpiredSessions(),
];
