import type { Config } from "../../config.ts";
import type { Database } from "../../db/database.ts";
import type { Idempotency } from "../../db/idempotency.ts";
import type { RateLimits } from "../../db/rate-limits.ts";
import type { Changes } from "../changes/service.ts";
import type { AccessPolicy } from "../projects/access.ts";
import type { Projects } from "../projects/service.ts";
import { createAdministration } from "./administration.ts";
import { createHistory } from "./history.ts";
import { createPasswords } from "./passwords.ts";
import { createRegistration } from "./registration.ts";
import { createSessionStore } from "./sessions.ts";
import { createSettings } from "./settings.ts";
import { createSignIn } from "./sign-in.ts";

export type Accounts = ReturnType<typeof createAccounts>;

/** The rules of accounts and their sessions. */
export function createAccounts(
  db: Database,
  changes: Changes,
  projects: Pick<Projects, "createInbox" | "removeOwned">,
  { accessOf }: Pick<AccessPolicy, "accessOf">,
  idempotency: Pick<Idempotency, "once">,
  rateLimits: RateLimits,
  limits: Config["limits"],
) {
  const { record, listEvents } = createHistory(db, changes);
  const { begin, ...sessions } = createSessionStore(db, record, idempotency, accessOf);
  return {
    listEvents,
    ...sessions,
    ...createSignIn(db, { begin }, idempotency, rateLimits),
    ...createRegistration(db, record, projects, idempotency, rateLimits, limits),
    ...createPasswords(db, record, rateLimits),
    ...createSettings(db),
    ...createAdministration(db, record, projects),
  };
}
