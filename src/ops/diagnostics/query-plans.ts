import type { Actor } from "../../actor.ts";
import type { Services } from "../../compose.ts";
import { addObserver } from "../../observe.ts";
import { DEFAULT_STYLE } from "../../text/dates.ts";

/** What pages and the API read most. */
const READS: Record<string, (services: Services, actor: Actor) => Promise<unknown>> = {
  "identify a request": ({ accounts }, { user, sessionId }) => accounts.findSession(user.id, sessionId, "token"),
  "list tasks": ({ tasks }, actor) => tasks.listTasks(actor, { limit: 50 }),
  "list tasks by due date": ({ tasks }, actor) => tasks.listTasks(actor, { sort: "dueDate", limit: 50 }),
  "list what is due today": ({ tasks }, actor) => tasks.listTasks(actor, { due: "today" }),
  "search tasks": ({ tasks }, actor) => tasks.listTasks(actor, { q: "word" }),
  "count tasks": ({ tasks }, actor) => tasks.countTasks(actor, {}),
  "list labels": ({ tasks }, actor) => tasks.listLabels(actor),
  "list the trash": ({ tasks }, actor) => tasks.listTrash(actor, { limit: 50 }),
  "list projects": ({ projects }, actor) => projects.listProjects(actor),
  "list the activity": ({ changes }, actor) => changes.listActions(actor, {}),
  "list mentions": ({ comments }, actor) => comments.listMentions(actor),
  "send live updates": ({ changes }, { user }) => changes.changesAfter(user.id, 0, 100),
};

/** Starts to collect the statements of queries. Call it before the database is opened. */
export function collectStatements() {
  let statements = new Set<string>();
  addObserver({
    run({ statement }, run) {
      if (statement !== undefined) statements.add(statement);
      return run();
    },
  });

  /** Reads what pages read, as an account that does not exist. @returns the statements of each read */
  return async function readAll(services: Services): Promise<Map<string, ReadonlySet<string>>> {
    const actor = nobody();
    const all = new Map<string, ReadonlySet<string>>();
    for (const [name, read] of Object.entries(READS)) {
      statements = new Set();
      await read(services, actor);
      all.set(name, statements);
    }
    return all;
  };
}

/** Returns an account without data: the plans of its queries are those of all accounts. */
function nobody(): Actor {
  const id = Bun.randomUUIDv7();
  return {
    user: { id, username: "", email: "", createdAt: "", timeZone: null, startPage: "list", ...DEFAULT_STYLE },
    sessionId: Bun.randomUUIDv7(),
    timeZone: "UTC",
    through: "commandLine",
    access: { projects: new Map([[id, { role: "owner", archived: false, deleted: false }]]), position: "" },
  };
}
