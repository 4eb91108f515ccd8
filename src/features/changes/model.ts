import { type Static, t } from "elysia";
import { Choice, Count, Integer, Text } from "../../validation/index.ts";

const strict = { additionalProperties: false } as const;

/** Through what a change was made; `program` is TaskFlow itself, as when it empties the trash. */
export const CHANNELS = ["browser", "token", "commandLine", "program"] as const;
export type Channel = (typeof CHANNELS)[number];

export const ENTITIES = ["task", "account"] as const;
export type Entity = (typeof ENTITIES)[number];

export const TASK_VERBS = ["create", "update", "complete", "reopen", "delete", "restore", "purge"] as const;
export const ACCOUNT_VERBS = ["register", "signIn", "signOut", "disable", "enable", "resetPassword"] as const;
export const VERBS = [...TASK_VERBS, ...ACCOUNT_VERBS] as const;
export type Verb = (typeof VERBS)[number];

/** Fields with their values: of a task, those of its own that a change touched. */
const Values = t.Union([t.Record(t.String(), t.Union([t.String(), t.Boolean(), t.Null()])), t.Null()]);
export type Values = Static<typeof Values>;

const example = {
  id: 1204,
  at: "2026-05-03T09:30:00.000Z",
  actorId: "019aab2c-7f3e-7000-8b2a-3d5e6f708192",
  through: "browser",
  entity: "task",
  entityId: "019aab2c-7f3e-7000-8b2a-3d5e6f708193",
  verb: "update",
  before: { priority: "medium" },
  after: { priority: "high" },
  actionId: 1204,
  undoes: null,
};

export const Change = t.Object(
  {
    id: Integer({ description: "Counts up; an account's changes become readable in this order." }),
    at: t.String({ format: "date-time" }),
    actorId: t.Union([t.String({ format: "uuid" }), t.Null()], {
      description: "Null for the program and its operator.",
    }),
    through: Choice(CHANNELS, { title: "Through" }),
    entity: Choice(ENTITIES, { title: "Entity" }),
    entityId: t.String({ format: "uuid" }),
    verb: Choice(VERBS, { title: "Verb" }),
    before: { ...Values, description: "The touched fields as they were; null for something new." },
    after: { ...Values, description: "The touched fields as they are since; null for something that has gone." },
    actionId: Integer({ description: "The first change of the same action: many tasks can change in one." }),
    undoes: t.Union([Integer(), t.Null()], { description: "The action that this one took back." }),
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
    before: t.Optional(
      Count({
        title: "Before",
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: "Only changes with a lower number: `nextBefore` of the page before.",
      }),
    ),
    limit: t.Optional(Count({ title: "Limit", minimum: 1, maximum: 200, default: 50 })),
  },
  strict,
);
export type ChangeQuery = Static<typeof ChangeQuery>;

export const ChangeId = t.Object({ id: t.String({ description: "The change's number." }) });

/** @returns the number in an address, or undefined when there can be no such change */
export const changeNumber = (id: string): number | undefined => (/^[1-9]\d{0,14}$/.test(id) ? Number(id) : undefined);
