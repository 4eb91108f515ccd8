import { type Static, t } from "elysia";
import { START_PAGES } from "../../actor.ts";
import { DATE_FORMATS, FIRST_DAYS, TIME_FORMATS } from "../../text/dates.ts";
import { foldName, INVISIBLE } from "../../text/fold.ts";
import { Choice, Integer, strict, Text, TimeZone } from "../../validation/types.ts";

const EMAIL = '[^\\s@<>()\\[\\],;:"\\\\]+@[^\\s@.<>()\\[\\],;:"\\\\]+(\\.[^\\s@.<>()\\[\\],;:"\\\\]+)+';

/** A field for any password. */
const PasswordField = (title: string, minLength = 1, description?: string) =>
  Text({
    title,
    minLength,
    maxLength: 256,
    trim: false,
    ...(description && { description }),
    examples: ["correct horse battery staple"],
    format: "password",
  });

const NewPasswordField = (title: string) =>
  PasswordField(title, 10, "10 to 256 characters, any Unicode. Common passwords are rejected.");

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
    password: NewPasswordField("Password"),
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
    password: PasswordField("Password"),
  },
  strict,
);
export type Credentials = Static<typeof Credentials>;

export const PasswordChange = t.Object(
  { currentPassword: PasswordField("Current password"), newPassword: NewPasswordField("New password") },
  strict,
);
export type PasswordChange = Static<typeof PasswordChange>;

export const PasswordReset = t.Object(
  { token: Text({ title: "Link", minLength: 1, maxLength: 2000 }), password: NewPasswordField("New password") },
  strict,
);
export type PasswordReset = Static<typeof PasswordReset>;

/** The time zones to choose from. The API accepts their other names too. */
export const TIME_ZONES = Intl.supportedValuesOf("timeZone").filter((name) => !name.startsWith("Etc/"));

/** How an account sees dates, and the page that it starts on. */
const settings = {
  dateFormat: Choice(DATE_FORMATS, {
    title: "Date format",
    description: "How pages write dates: 3 May, May 3 or 2026-05-03.",
    examples: ["dayMonth"],
  }),
  timeFormat: Choice(TIME_FORMATS, {
    title: "Time format",
    description: "How pages write times: 15:30 or 3:30 pm.",
    examples: ["24h"],
  }),
  firstDayOfWeek: Choice(FIRST_DAYS, { title: "First day of the week", examples: ["monday"] }),
  startPage: Choice(START_PAGES, { title: "Start page", description: "The page at `/`.", examples: ["list"] }),
};

/** The settings of an account, for PATCH. */
export const AccountPatch = t.Object(
  {
    timeZone: t.Optional(
      TimeZone({
        title: "Time zone",
        description: "The IANA time zone in which pages show dates. Null to match the browser.",
        examples: ["Pacific/Auckland", null],
      }),
    ),
    dateFormat: t.Optional(settings.dateFormat),
    timeFormat: t.Optional(settings.timeFormat),
    firstDayOfWeek: t.Optional(settings.firstDayOfWeek),
    startPage: t.Optional(settings.startPage),
  },
  strict,
);
export type AccountPatch = Static<typeof AccountPatch>;

export const User = t.Object(
  {
    id: t.String({ format: "uuid" }),
    username: t.String(),
    email: t.String(),
    createdAt: t.String({ format: "date-time" }),
    timeZone: t.Union([t.String(), t.Null()], {
      description: "The time zone in which pages show dates; null to match the browser.",
    }),
    ...settings,
  },
  {
    ...strict,
    examples: [
      {
        id: "019aab2c-7f3e-7000-8b2a-3d5e6f708192",
        username: "ada",
        email: "ada@example.org",
        createdAt: "2026-05-03T09:30:00.000Z",
        timeZone: null,
        dateFormat: "dayMonth",
        timeFormat: "24h",
        firstDayOfWeek: "monday",
        startPage: "list",
      },
    ],
  },
);
export type User = Static<typeof User>;

export const Token = t.Object(
  {
    accessToken: t.String(),
    tokenType: t.Literal("Bearer"),
    expiresIn: Integer({ description: "Seconds after which it ends, used or not." }),
  },
  {
    examples: [
      {
        accessToken: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIwMTlhIn0.c2lnbmF0dXJl",
        tokenType: "Bearer",
        expiresIn: 15_552_000,
      },
    ],
  },
);

const sessionExample = {
  id: "019aab2c-7f3e-7000-8b2a-3d5e6f708194",
  device: "Firefox on Linux",
  address: "203.0.113.7",
  createdAt: "2026-05-03T09:30:00.000Z",
  lastSeenAt: "2026-05-04T07:12:00.000Z",
  expiresAt: "2026-06-03T07:12:00.000Z",
  current: true,
};

export const SessionEntry = t.Object(
  {
    id: t.String({ format: "uuid" }),
    device: t.String({ description: "Browser and system, or the name of the program." }),
    address: t.Union([t.String(), t.Null()], { description: "The last IP address; null if it is not known." }),
    createdAt: t.String({ format: "date-time" }),
    lastSeenAt: t.String({ format: "date-time", description: "Updated at most once an hour." }),
    expiresAt: t.String({ format: "date-time", description: "Moves on while the session is used." }),
    current: t.Boolean({ description: "Whether it is the session of this request." }),
  },
  { ...strict, examples: [sessionExample] },
);
export type SessionEntry = Static<typeof SessionEntry>;

export const SessionList = t.Object(
  { items: t.Array(SessionEntry) },
  { ...strict, examples: [{ items: [sessionExample] }] },
);

/** Returns the public part of an account's row. */
export const toUser = (row: Omit<User, "createdAt"> & { createdAt: Date }): User => ({
  id: row.id,
  username: row.username,
  email: row.email,
  createdAt: row.createdAt.toISOString(),
  timeZone: row.timeZone,
  dateFormat: row.dateFormat,
  timeFormat: row.timeFormat,
  firstDayOfWeek: row.firstDayOfWeek,
  startPage: row.startPage,
});

/** Folds a name for uniqueness and sign-in: names that look the same are the same. */
export const accountKey = foldName;
