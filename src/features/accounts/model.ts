import { type Static, t } from "elysia";
import { Text } from "../../validation/index.ts";
import type { Channel } from "../changes/model.ts";

const strict = { additionalProperties: false } as const;

export const Registration = t.Object(
  {
    username: Text({
      title: "Username",
      minLength: 2,
      maxLength: 64,
      pattern: "^[A-Za-z0-9_][A-Za-z0-9._-]*$",
      hint: "Username can have letters (a to z), digits, dots, hyphens and underscores, and starts with a letter, digit or underscore.",
      description: "Unique regardless of case.",
      examples: ["ada"],
    }),
    email: Text({
      title: "Email",
      minLength: 1,
      maxLength: 254,
      pattern: '^[^\\s@<>()\\[\\],;:"\\\\]+@[^\\s@.<>()\\[\\],;:"\\\\]+(\\.[^\\s@.<>()\\[\\],;:"\\\\]+)+$',
      hint: "Email must look like name@example.org.",
      description: "Unique regardless of case.",
      examples: ["ada@example.org"],
    }),
    password: Text({
      title: "Password",
      minLength: 10,
      maxLength: 256,
      trim: false,
      description: "10 to 256 characters, any Unicode; a password that many others use is refused.",
      examples: ["correct horse battery staple"],
      format: "password",
    }),
  },
  strict,
);
export type Registration = Static<typeof Registration>;

/** Bounds only: whether the words are right is for the service to say, in the same way for every wrong pair. */
export const Credentials = t.Object(
  {
    username: Text({
      title: "Username or email",
      minLength: 1,
      maxLength: 254,
      description: "Username or email, in any case.",
      examples: ["ada"],
    }),
    password: Text({
      title: "Password",
      minLength: 1,
      maxLength: 256,
      trim: false,
      examples: ["correct horse battery staple"],
      format: "password",
    }),
  },
  strict,
);
export type Credentials = Static<typeof Credentials>;

export const User = t.Object(
  {
    id: t.String({ format: "uuid" }),
    username: t.String(),
    email: t.String(),
    createdAt: t.String({ format: "date-time" }),
  },
  {
    ...strict,
    examples: [
      {
        id: "019aab2c-7f3e-7000-8b2a-3d5e6f708192",
        username: "ada",
        email: "ada@example.org",
        createdAt: "2026-05-03T09:30:00.000Z",
      },
    ],
  },
);
export type User = Static<typeof User>;

/** Who asks: passed to every service call that needs to know. */
export interface Actor {
  readonly user: User;
  readonly sessionId: string;
  /** Through what they ask. */
  readonly through: Channel;
  /** The number of their account's newest change when they asked: what was read since then is at least as new. */
  readonly newestChange: number;
}

/** The form that uniqueness goes by: what people see as the same name is the same name. */
export const accountKey = (name: string) => name.trim().normalize("NFKC").toLowerCase();
