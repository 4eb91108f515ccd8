import { type Static, t } from "elysia";
import { CHANNELS } from "../../actor.ts";
import { Choice, Count, Integer, strict, Text } from "../../validation/types.ts";

/** What the change log records. Accounts and members are only logged; the others are registered (see `entity.ts`). */
export const ENTITIES = ["task", "section", "project", "comment", "member", "account"] as const;
export type EntityName = (typeof ENTITIES)[number];

export const ITEM_VERBS = ["create", "update", "complete", "reopen", "move", "delete", "restore", "purge"] as const;
export type ItemVerb = (typeof ITEM_VERBS)[number];
export const ACCOUNT_VERBS = [
  "register",
  "signIn",
  "signOut",
  "endSession",
  "changePassword",
  "resetPassword",
  "disable",
  "enable",
] as const;
export type AccountVerb = (typeof ACCOUNT_VERBS)[number];
/** Events of an account that are about what it sees. */
export const MEMBER_VERBS = [
  ...(["joinProject", "leaveProject", "changeRole", "arrangeProjects"] as const),
  ...(["receiveInvite", "endInvite"] as const),
] as const;
export type MemberVerb = (typeof MEMBER_VERBS)[number];
export const VERBS = [...ITEM_VERBS, ...ACCOUNT_VERBS, ...MEMBER_VERBS] as const;
export type Verb = (typeof VERBS)[number];

/** How long a deleted item can be restored. */
export const TRASH_DAYS = 30;

const FieldValue = t.Union([t.String(), t.Number(), t.Boolean(), t.Null(), t.Array(t.String())]);
/** The value of a field, as the API shows it. A list of texts is compared as a whole. */
export type FieldValue = Static<typeof FieldValue>;
/** Fields with their values: of a change, those that it touched. */
export type Values = Record<string, FieldValue>;
const Values = t.Union([t.Record(t.String(), FieldValue), t.Null()]);

const example = {
  id: 1204,
  projectId: "019aab2c-7f3e-7000-8b2a-3d5e6f708191",
  at: "2026-05-03T09:30:00.000Z",
  actorId: "019aab2c-7f3e-7000-8b2a-3d5e6f708192",
  through: "browser",
  entity: "task",
  entityId: "019aab2c-7f3e-7000-8b2a-3d5e6f708193",
  verb: "update",
  before: { priority: "none" },
  after: { priority: "high" },
  actionId: 1204,
  undoes: null,
};

export const Change = t.Object(
  {
    id: Integer({ description: "Counts up. A project's changes become visible in this order." }),
    projectId: t.String({ format: "uuid", description: "The project; for an event of the account, its Inbox." }),
    at: t.String({ format: "date-time" }),
    actorId: t.Union([t.String({ format: "uuid" }), t.Null()], {
      description: "Null for the program and its operator.",
    }),
    through: Choice(CHANNELS, { title: "Through" }),
    entity: Choice(ENTITIES, { title: "Entity" }),
    entityId: t.String({ format: "uuid", description: "Of a member, the id of the account." }),
    verb: Choice(VERBS, { title: "Verb" }),
    before: { ...Values, description: "The fields that changed, with their old values; null for something new." },
    after: {
      ...Values,
      description: "The fields that changed, with their new values; null for something that was removed.",
    },
    actionId: Integer({ description: "The first change of the same action. One action can change many tasks." }),
    undoes: t.Union([Integer(), t.Null()], { description: "The action that this one undid." }),
  },
  { ...strict, examples: [example] },
);
export type Change = Static<typeof Change>;

export const ChangePage = t.Object(
  {
    items: t.Array(Change),
    nextBefore: t.Union([Integer(), t.Null()], { description: "`before` of the next page; null on the last." }),
  },
  { ...strict, examples: [{ items: [example], nextBefore: null }] },
);
export type ChangePage = Static<typeof ChangePage>;

export const ChangeQuery = t.Object(
  {
    task: t.Optional(Text({ title: "Task", minLength: 1, maxLength: 64, description: "Only this task's changes." })),
    project: t.Optional(
      Text({ title: "Project", minLength: 1, maxLength: 64, description: "Only changes in this project." }),
    ),
    before: t.Optional(
      Count({
        title: "Before",
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: "Only changes with a lower id: `nextBefore` of the previous page.",
      }),
    ),
    limit: t.Optional(Count({ title: "Limit", minimum: 1, maximum: 200, default: 50 })),
  },
  strict,
);
export type ChangeQuery = Static<typeof ChangeQuery>;

export const ChangeId = t.Object({ id: t.String({ description: "The id of the change." }) });

/** Returns the change id in a URL, or undefined if it can't be one. */
export const changeId = (id: string): number | undefined => (/^[1-9]\d{0,14}$/.test(id) ? Number(id) : undefined);
