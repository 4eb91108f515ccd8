import { type Static, t } from "elysia";
import { Choice, Integer, strict, Text } from "../../validation/types.ts";

/** The most sections that a project can have, archived ones included. */
export const MAX_SECTIONS = 100;
export const STATES = ["active", "archived"] as const;

const name = Text({
  title: "Name",
  minLength: 1,
  maxLength: 100,
  pattern: "^[^\\x00-\\x1f\\x7f]*$",
  hint: "Name must be a single line without control characters.",
  examples: ["Before the day"],
});

/** The fields of a new section. */
export const SectionInput = t.Object({ name }, strict);
export type SectionInput = Static<typeof SectionInput>;

/** The fields that `PATCH` changes. A field that is left out stays as it is. */
export const SectionPatch = t.Partial(
  t.Object(
    {
      name,
      archived: t.Boolean({ description: "Archiving a section completes its tasks." }),
      position: t.Integer({
        minimum: 1,
        maximum: MAX_SECTIONS,
        description: "The place among the sections of the project.",
      }),
    },
    strict,
  ),
  strict,
);
export type SectionPatch = Static<typeof SectionPatch>;

export const SectionParams = t.Object({
  id: t.String({ title: "Project", examples: ["019aab2c-7f3e-7000-8b2a-3d5e6f708191"] }),
  section: t.String({ title: "Section", examples: ["019aab2c-7f3e-7000-8b2a-3d5e6f708194"] }),
});

export const SectionQuery = t.Object(
  { state: t.Optional(Choice(STATES, { title: "State", default: "active" })) },
  strict,
);
export type SectionQuery = Static<typeof SectionQuery>;

const exampleSection = {
  id: "019aab2c-7f3e-7000-8b2a-3d5e6f708194",
  projectId: "019aab2c-7f3e-7000-8b2a-3d5e6f708191",
  name: "Before the day",
  position: 1,
  archived: false,
  archivedAt: null,
  createdAt: "2026-05-03T09:30:00.000Z",
  updatedAt: "2026-05-03T09:30:00.000Z",
};

export const Section = t.Object(
  {
    id: t.String({ format: "uuid" }),
    projectId: t.String({ format: "uuid" }),
    name: t.String(),
    position: Integer({ description: "Its place among the sections of the project." }),
    archived: t.Boolean(),
    archivedAt: t.Union([t.String({ format: "date-time" }), t.Null()]),
    createdAt: t.String({ format: "date-time" }),
    updatedAt: t.String({ format: "date-time" }),
  },
  { ...strict, examples: [exampleSection] },
);
export type Section = Static<typeof Section>;

export const SectionList = t.Object(
  { items: t.Array(Section) },
  { ...strict, examples: [{ items: [exampleSection] }] },
);
export type SectionList = Static<typeof SectionList>;
