import { and, eq, max, sql } from "drizzle-orm";
import type { Access, Actor, ProjectAccess, Role } from "../../actor.ts";
import type { Database, Reader } from "../../db/database.ts";
import { preparedFor, rowsOf } from "../../db/prepared.ts";
import { AppError } from "../../errors.ts";
import { writePosition } from "../changes/position.ts";

/** Who may do what: `edit` changes what is in a project, `manage` the project itself and its members. */
const PERMISSIONS = {
  owner: ["view", "edit", "manage"],
  editor: ["view", "edit"],
  viewer: ["view"],
} as const satisfies Record<Role, readonly string[]>;
export type Permission = (typeof PERMISSIONS)["owner"][number];

const MESSAGES: Record<Permission, string> = {
  view: "You may not see this project.",
  edit: "You may only view this project. Ask an owner to make you an editor.",
  manage: "Only an owner may change this project and its members.",
};

export type AccessPolicy = ReturnType<typeof createAccessPolicy>;

/** The access policy: which projects an account sees, and what it may do there. */
export function createAccessPolicy(db: Database) {
  const { projects, members, changes } = db.schema;
  const { projectId, accountId, role } = members;
  const { archivedAt, deletedAt } = projects;

  const columns = { projectId, role, archivedAt, deletedAt };
  // A seek in the index for each project.
  const newest = db.read
    .select({ id: max(changes.id) })
    .from(changes)
    .where(eq(changes.projectId, projectId));
  const visible = rowsOf<Row>(
    db.engine,
    { ...columns, newest: changes.id },
    db.read
      .select({ ...columns, newest: sql<number | null>`(${newest})`.mapWith(changes.id) })
      .from(members)
      .innerJoin(projects, eq(projects.id, projectId))
      .where(eq(accountId, sql.placeholder("accountId")))
      .orderBy(projectId)
      .prepare(),
  );

  const membership = preparedFor((reader: Reader) =>
    rowsOf<Pick<Row, "role" | "deletedAt">>(
      db.engine,
      { role, deletedAt },
      reader
        .select({ role, deletedAt })
        .from(members)
        .innerJoin(projects, eq(projects.id, projectId))
        .where(and(eq(projectId, sql.placeholder("projectId")), eq(accountId, sql.placeholder("accountId"))))
        .prepare(),
    ),
  );

  return {
    may,

    /** Returns what an account may see now. */
    async accessOf(accountId: string): Promise<Access> {
      const rows = await visible({ accountId });
      const position = writePosition(new Map(rows.map((row) => [row.projectId, row.newest ?? 0])));
      return { projects: new Map(rows.map((row) => [row.projectId, toAccess(row)])), position };
    },

    /**
     * Checks that an actor may do something in projects, in the transaction that does it.
     * @param inTrash whether the projects may be in the trash
     * @throws AppError `notFound`; `forbidden`; `conflict` if a project is in the trash
     */
    async assertMay(
      reader: Reader,
      { user }: Actor,
      permission: Permission,
      projectIds: Iterable<string>,
      { inTrash = false } = {},
    ): Promise<void> {
      for (const projectId of new Set(projectIds)) {
        // An Inbox belongs to its account, and can't be deleted or shared.
        if (projectId === user.id) continue;
        const [member] = await membership(reader)({ projectId, accountId: user.id });
        if (!member) throw noSuchProject();
        if (!allows(member.role, permission)) throw notAllowed(permission);
        if (member.deletedAt && !inTrash)
          throw new AppError("conflict", "The project is in the trash. Restore the project first.");
      }
    },
  };
}

interface Row extends Pick<ProjectAccess, "role"> {
  readonly projectId: string;
  readonly archivedAt: Date | null;
  readonly deletedAt: Date | null;
  readonly newest: number | null;
}

const toAccess = ({ role, archivedAt, deletedAt }: Row): ProjectAccess => ({
  role,
  archived: archivedAt !== null,
  deleted: deletedAt !== null,
});

const allows = (role: Role, permission: Permission) =>
  (PERMISSIONS[role] as readonly Permission[]).includes(permission);

/** Returns whether an actor may do something in a project, as it was when the request came. A write checks it again. */
export function may({ access }: Actor, permission: Permission, projectId: string): boolean {
  const project = access.projects.get(projectId);
  return project !== undefined && allows(project.role, permission);
}

/** Returns the error for what the role of a member does not allow. */
export const notAllowed = (permission: Permission) => new AppError("forbidden", MESSAGES[permission]);

/** Returns the error for a project that does not exist, or that the actor may not see. */
export const noSuchProject = () => new AppError("notFound", "There is no such project.");

/** Returns the error for what an Inbox does not allow, such as "shared". */
export const fixedInbox = (participle: string) => new AppError("conflict", `The Inbox can't be ${participle}.`);

/**
 * Returns the projects of a list, in the order of their ids.
 * @param projectId only this one; without it, all that are neither archived nor in the trash
 * @throws AppError `notFound`
 */
export function projectsOfList({ access }: Actor, projectId?: string): string[] {
  if (projectId === undefined)
    return [...access.projects].flatMap(([id, { archived, deleted }]) => (archived || deleted ? [] : [id]));
  if (access.projects.get(projectId)?.deleted !== false) throw noSuchProject();
  return [projectId];
}
