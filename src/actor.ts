import type { DateStyle } from "./text/dates.ts";

/** The pages that can come first. */
export const START_PAGES = ["list", "inbox", "today", "upcoming"] as const;

/** How a change was made; `program` is TaskFlow itself, as when it empties the trash. */
export const CHANNELS = ["browser", "token", "commandLine", "program"] as const;
export type Channel = (typeof CHANNELS)[number];

export const ROLES = ["owner", "editor", "viewer"] as const;
export type Role = (typeof ROLES)[number];

/** What an account may do in a project, and the project's state. */
export interface ProjectAccess {
  readonly role: Role;
  readonly archived: boolean;
  readonly deleted: boolean;
}

/** What an account may see, as it was when the request came. `features/projects/access.ts` decides by it. */
export interface Access {
  /** The projects that the account sees, by id. Its Inbox, which has the id of the account, is one of them. */
  readonly projects: ReadonlyMap<string, ProjectAccess>;
  /**
   * Names the newest change in each of these projects. A result that depends on nothing else is valid while the position
   * stays the same.
   */
  readonly position: string;
}

/** Who makes a request. The first argument of every service call that depends on it. */
export interface Actor {
  readonly user: DateStyle & {
    readonly id: string;
    readonly username: string;
    readonly email: string;
    /** RFC 3339, UTC. */
    readonly createdAt: string;
    /** The IANA time zone in which pages show dates; null for that of the browser. */
    readonly timeZone: string | null;
    readonly startPage: (typeof START_PAGES)[number];
  };
  readonly sessionId: string;
  /** The time zone in which they read dates: that of the account, else of the browser, else UTC. */
  readonly timeZone: string;
  readonly through: Channel;
  readonly access: Access;
}
