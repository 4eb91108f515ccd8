import { type Static, t } from "elysia";
import { foldName, INVISIBLE } from "../../text/fold.ts";
import { Integer, strict, Text } from "../../validation/types.ts";

const EMAIL = '[^\\s@<>()\\[\\],;:"\\\\]+@[^\\s@.<>()\\[\\],;:"\\\\]+(\\.[^\\s@.<>()\\[\\],;:"\\\\]+)+';

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
      pattern: `^(?!.*${INVISIBLE})${EMAIL}$`,
      hint: "Email must look like name@example.org, without spaces or invisible characters.",
      description: "Unique regardless of case.",
      examples: ["ada@example.org"],
    }),
    password: Text({
      title: "Password",
      minLength: 10,
      maxLength: 256,
      trim: false,
      description: "10 to 256 characters, any Unicode. Common passwords are rejected.",
      examples: ["correct horse battery staple"],
      format: "password",
    }),
  },
  strict,
);
export type Registration = Static<typeof Registration>;

/** Checks only lengths: the service responds in the same way to every wrong pair. */
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

export const Token = t.Object(
  { accessToken: t.String(), tokenType: t.Literal("Bearer"), expiresIn: Integer({ description: "Seconds." }) },
  {
    examples: [
      {
        accessToken: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIwMTlhIn0.c2lnbmF0dXJl",
        tokenType: "Bearer",
        expiresIn: 2_592_000,
      },
    ],
  },
);

/** Folds a name for uniqueness and sign-in: names that look the same are the same. */
export const accountKey = foldName;
