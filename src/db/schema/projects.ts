import { sql } from "drizzle-orm";
import type { Dialect } from "../sqlite/dialect.ts";
import type { Users } from "./accounts.ts";

/**
 * Tasks, changes and access belong to projects. An account's Inbox has the id of the account, so it needs no column of
 * its own. On SQLite the migration makes the tables with a compound key `WITHOUT ROWID`.
 */
export function declareProjects(
  { table, text, integer, instant, counted, index, uniqueIndex, primaryKey, check }: Dialect,
  users: Users,
) {
  const projects = table(
    "projects",
    {
      id: text("id").primaryKey(),
      name: text("name").notNull(),
      color: text("color"),
      icon: text("icon"),
      /** When the project was archived: lists over several projects leave it out. */
      archivedAt: instant("archived_at"),
      /** When the project was moved to the trash, with everything in it. */
      deletedAt: instant("deleted_at"),
      /** Counts up with every change: the project's ETag. */
      version: integer("version").notNull(),
      createdAt: instant("created_at").notNull(),
      updatedAt: instant("updated_at").notNull(),
    },
    // For purging the trash.
    (project) => [index("projects_in_trash").on(project.deletedAt).where(sql`deleted_at is not null`)],
  );

  /** Who may see a project, and what they may do there. */
  const members = table(
    "members",
    {
      projectId: text("project_id")
        .notNull()
        .references(() => projects.id, { onDelete: "cascade" }),
      accountId: text("account_id")
        .notNull()
        .references(() => users.id, { onDelete: "cascade" }),
      role: text("role", { enum: ["owner", "editor", "viewer"] }).notNull(),
      /** Where the member's own list of projects has this one. */
      position: integer("position").notNull(),
      /** When the member last had the project open, and its newest change then. */
      lastSeenAt: instant("last_seen_at"),
      lastSeenChange: counted("last_seen_change"),
      /** The newest change at the end of the visit before: later ones by others are unread. */
      unreadAfter: counted("unread_after"),
      createdAt: instant("created_at").notNull(),
    },
    (member) => [
      primaryKey({ columns: [member.projectId, member.accountId] }),
      // Each request reads the projects of its account, by id.
      index("members_by_account").on(member.accountId, member.projectId),
      check("members_role", sql`${member.role} in ('owner', 'editor', 'viewer')`),
    ],
  );

  /** Offers of a membership: to one account, or to whoever has the link. Accepting, declining or revoking ends one. */
  const invites = table(
    "invites",
    {
      id: text("id").primaryKey(),
      projectId: text("project_id")
        .notNull()
        .references(() => projects.id, { onDelete: "cascade" }),
      role: text("role", { enum: ["editor", "viewer"] }).notNull(),
      /** Who is invited; null for a link. */
      accountId: text("account_id").references(() => users.id, { onDelete: "cascade" }),
      /** A hash of the secret in the link; null for an invited account. */
      secretHash: text("secret_hash"),
      invitedBy: text("invited_by")
        .notNull()
        .references(() => users.id, { onDelete: "cascade" }),
      expiresAt: instant("expires_at").notNull(),
      /** How often a link can be used, and how often it was. */
      maxUses: integer("max_uses").notNull(),
      uses: integer("uses").notNull(),
      createdAt: instant("created_at").notNull(),
    },
    (invite) => [
      index("invites_by_project").on(invite.projectId, invite.id),
      index("invites_by_account").on(invite.accountId, invite.id).where(sql`account_id is not null`),
      uniqueIndex("invites_secret").on(invite.secretHash),
      index("invites_by_expiry").on(invite.expiresAt),
    ],
  );

  /** Headings in the list of a project. */
  const sections = table(
    "sections",
    {
      projectId: text("project_id")
        .notNull()
        .references(() => projects.id, { onDelete: "cascade" }),
      id: text("id").notNull(),
      name: text("name").notNull(),
      /** Its place among the sections of the project: a key of fractional-indexing. */
      position: text("position").notNull(),
      archivedAt: instant("archived_at"),
      deletedAt: instant("deleted_at"),
      version: integer("version").notNull(),
      createdAt: instant("created_at").notNull(),
      updatedAt: instant("updated_at").notNull(),
    },
    (section) => [
      primaryKey({ columns: [section.projectId, section.id] }),
      index("sections_by_id").on(section.id),
      // For purging the trash.
      index("sections_in_trash").on(section.deletedAt).where(sql`deleted_at is not null`),
    ],
  );
  return { projects, members, invites, sections };
}

export type Projects = ReturnType<typeof declareProjects>["projects"];
