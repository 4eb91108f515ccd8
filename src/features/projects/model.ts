import { type Static, t } from "elysia";
import { ROLES } from "../../actor.ts";
import { Choice, Count, Integer, OptionalChoice, strict, Text } from "../../validation/types.ts";

/** The most projects that an account can have, archived and deleted ones included. */
export const MAX_PROJECTS = 200;
/** The most characters of a name. */
export const MAX_NAME = 100;
export const COLORS = ["grey", "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink"] as const;
/** Bootstrap Icons, by the names of the sprite. */
export const ICONS = [
  ...(["home", "work", "people", "shopping", "book", "school"] as const),
  ...(["heart", "star", "travel", "tools", "code", "music"] as const),
] as const;
/** What a person is called whose account was deleted. */
export const FORMER_NAME = "a deleted account";
export const STATES = ["active", "archived", "deleted"] as const;

const name = Text({
  title: "Name",
  minLength: 1,
  maxLength: MAX_NAME,
  pattern: "^[^\\x00-\\x1f\\x7f]*$",
  hint: "Name must be a single line without control characters.",
  examples: ["Launch"],
});
const color = OptionalChoice(COLORS, { title: "Color", description: "Null for the neutral one." });
const icon = OptionalChoice(ICONS, { title: "Icon", description: "Null for a plain dot." });

/** The fields of a new project. */
export const ProjectInput = t.Object({ name, color: t.Optional(color), icon: t.Optional(icon) }, strict);
export type ProjectInput = Static<typeof ProjectInput>;

/** The fields that `PATCH` changes. A field that is left out stays as it is. */
export const ProjectPatch = t.Partial(
  t.Object(
    {
      name,
      color,
      icon,
      archived: t.Boolean({ title: "Archived", description: "Lists over several projects leave an archived one out." }),
      position: Count({
        title: "Position",
        minimum: 1,
        maximum: MAX_PROJECTS,
        description: "The place in your own list of projects, after the Inbox, which has place 0.",
      }),
    },
    strict,
  ),
  strict,
);
export type ProjectPatch = Static<typeof ProjectPatch>;

export const ProjectId = t.Object({
  id: t.String({ title: "Id", examples: ["019aab2c-7f3e-7000-8b2a-3d5e6f708191"] }),
});

export const ProjectQuery = t.Object(
  { state: t.Optional(Choice(STATES, { title: "State", default: "active" })) },
  strict,
);
export type ProjectQuery = Static<typeof ProjectQuery>;

const exampleProject = {
  id: "019aab2c-7f3e-7000-8b2a-3d5e6f708191",
  name: "Launch",
  color: "teal",
  icon: "star",
  inbox: false,
  role: "owner",
  position: 1,
  archived: false,
  deletedAt: null,
  createdAt: "2026-05-03T09:30:00.000Z",
  updatedAt: "2026-05-03T09:30:00.000Z",
};

export const Project = t.Object(
  {
    id: t.String({ format: "uuid", description: "Your Inbox has the id of your account." }),
    name: t.String(),
    color,
    icon,
    inbox: t.Boolean(),
    role: Choice(ROLES, { title: "Role", description: "What you may do in it." }),
    position: Integer({ description: "Its place in your own list of projects." }),
    archived: t.Boolean(),
    deletedAt: t.Union([t.String({ format: "date-time" }), t.Null()]),
    createdAt: t.String({ format: "date-time" }),
    updatedAt: t.String({ format: "date-time" }),
  },
  { ...strict, examples: [exampleProject] },
);
export type Project = Static<typeof Project>;

export const ProjectList = t.Object(
  { items: t.Array(Project) },
  { ...strict, examples: [{ items: [exampleProject] }] },
);
export type ProjectList = Static<typeof ProjectList>;
