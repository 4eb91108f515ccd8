/** How a change was made; `program` is TaskFlow itself, as when it empties the trash. */
export const CHANNELS = ["browser", "token", "commandLine", "program"] as const;
export type Channel = (typeof CHANNELS)[number];

/** Who makes a request. The first argument of every service call that depends on it. */
export interface Actor {
  readonly user: {
    readonly id: string;
    readonly username: string;
    readonly email: string;
    /** RFC 3339, UTC. */
    readonly createdAt: string;
  };
  readonly sessionId: string;
  readonly through: Channel;
}
