import type { Config } from "./config.ts";
import type { Database } from "./db/database.ts";
import { createIdempotency } from "./db/idempotency.ts";
import { createRateLimits } from "./db/rate-limits.ts";
import { createAccounts } from "./features/accounts/service.ts";
import { createLive } from "./features/changes/live.ts";
import { createChanges } from "./features/changes/service.ts";
import { createComments } from "./features/comments/service.ts";
import { createAccessPolicy } from "./features/projects/access.ts";
import { createMembers } from "./features/projects/members.ts";
import { createProjects } from "./features/projects/service.ts";
import { createSharing } from "./features/sharing/service.ts";
import { createProjectCopies } from "./features/tasks/copies.ts";
import { createSections } from "./features/tasks/sections.ts";
import { createTasks } from "./features/tasks/service.ts";
import type { ClientOf } from "./http/client.ts";
import type { Cookies } from "./http/cookies.ts";
import { createSessions } from "./http/session.ts";
import { signingSecret } from "./http/signing-secret.ts";
import type { Cleanup } from "./jobs/housekeeping.ts";
import { observedServices } from "./observe.ts";
import type { Logger } from "./ops/logging.ts";

export type Services = ReturnType<typeof createServices>;

/** Creates every service, over one database. */
export function createServices(
  db: Database,
  { limits, changeLogDays = 0 }: Pick<Config, "limits"> & Partial<Pick<Config, "changeLogDays">>,
) {
  const idempotency = createIdempotency(db);
  const rateLimits = createRateLimits(db);
  const policy = createAccessPolicy(db);
  const changes = createChanges(db, idempotency, policy, { changeLogDays });
  const members = createMembers(db, changes.record);
  const projects = createProjects(db, changes, members, idempotency);
  const sharing = createSharing(db, changes, policy, members, idempotency, rateLimits, limits);
  const accounts = createAccounts(db, changes, projects, policy, idempotency, rateLimits, limits);
  const tasks = createTasks(db, changes, projects, idempotency);
  const comments = createComments(db, changes, projects, tasks, idempotency);
  const sections = createSections(db, changes, tasks, idempotency);
  const copies = createProjectCopies(db, projects, sections, tasks);
  const live = createLive(db, changes, accounts.refresh, limits);
  const services = { changes, projects, sharing, accounts, tasks, comments, sections, copies };
  return { ...observedServices(services), idempotency, rateLimits, policy, live };
}

/** Returns what identifies requests, with the configured signing secret or the one in the data folder. */
export const createSessionsFor = (config: Config, { accounts }: Services, cookies: Cookies, clientOf: ClientOf) =>
  createSessions(config.jwtSecret ?? signingSecret(config.dataDir), accounts, cookies, clientOf, config);

/** Returns what deletes expired data. */
export const cleanupsOf = (
  { changes, idempotency, rateLimits, accounts, sharing }: Services,
  logger: Logger,
): Cleanup[] => [
  {
    name: "trash",
    async run() {
      const tasks = await changes.purgeTrash();
      if (tasks > 0) logger.info("trash purged", { tasks });
    },
  },
  {
    name: "change-log",
    async run() {
      const pruned = await changes.prune();
      if (pruned > 0) logger.info("change log pruned", { changes: pruned });
    },
  },
  { name: "idempotency-keys", run: () => idempotency.deleteExpired() },
  { name: "rate-limits", run: () => rateLimits.deleteExpired() },
  { name: "sessions", run: () => accounts.deleteExpiredSessions() },
  { name: "invites", run: () => sharing.deleteExpiredInvites() },
];
