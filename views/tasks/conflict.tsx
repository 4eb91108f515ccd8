import type { PropsWithChildren } from "@kitajs/html";
import type { Member } from "../../src/features/sharing/model.ts";
import { PRIORITY_LABELS, type Task, TaskPatch } from "../../src/features/tasks/model.ts";
import type { Section } from "../../src/features/tasks/section-model.ts";
import { repeatWords } from "../../src/text/repeat-words.ts";
import type { ProjectsById } from "../projects/project-icon.tsx";

/** The task as stored, or what was typed and could not be saved. */
export type Draft = { readonly [Field in keyof Task]: Task[Field] | string };

/** Selects the panel only while this task is open in it. */
export const panelOf = (id: string) => `#panel[data-task="${id}"]`;

/** Returns where the version comes from that an edit is in conflict with. @param author undefined for the reader */
export const conflictSource = (author: string | undefined) => (author ? `by ${author}` : "in another window");

interface ConflictNoteProps {
  id: string;
  /** Why an edit can't be saved: the task is in the trash, or the reader no longer sees it or may not change it. */
  gone: "deleted" | "hidden" | "viewOnly" | undefined;
  /** Who changed or deleted it; undefined for the reader. */
  author: string | undefined;
}

/** Says in a panel with unsaved edits what happened to the task. The edits stay, and so does a note that a save was rejected. */
export const ConflictNote = ({ id, gone, author }: ConflictNoteProps) => (
  <PanelNote swap={`outerMorph:${panelOf(id)} .panel-note${gone ? "" : ":not([data-rejected])"}`}>
    {gone === "hidden" ? (
      "You can no longer open this task. Copy your edits before you close it."
    ) : gone === "viewOnly" ? (
      "You can no longer change this project. Copy your edits before you close the task."
    ) : gone ? (
      <>
        <span safe>{`Deleted ${conflictSource(author)}.`}</span> To save your edits, restore it from{" "}
        <a href="/trash" target="_blank" rel="noopener">
          the trash
        </a>
        .
      </>
    ) : (
      <>
        <span safe>{`Changed ${conflictSource(author)}.`}</span> Your edits are kept.{" "}
        {/* The form names an old version: what both have changed is shown in both versions. */}
        <button class="link-button" type="submit">
          Save
        </button>
      </>
    )}
  </PanelNote>
);

/** A line beside Save. */
export const PanelNote = ({
  swap,
  rejected = false,
  children,
}: PropsWithChildren<{ swap?: string; rejected?: boolean }>) => (
  <p class="panel-note" role="status" data-rejected={rejected ? "" : undefined} hx-swap-oob={swap}>
    {children}
  </p>
);

interface ConflictProps {
  task: Task;
  draft: Draft;
  projects: ProjectsById;
  members: readonly Member[];
  sections: readonly Section[];
}

/** Both versions of each field that differs. */
export function Conflict({ task, draft, projects, members, sections }: ConflictProps) {
  const fields = Object.entries(TaskPatch.properties).flatMap(([name, schema]) => {
    const [theirs, yours] = [task, draft].map((version) =>
      shownValue(name, version[name as keyof Task], projects, members, sections),
    );
    return theirs === yours ? [] : [{ label: String(schema.title), theirs, yours }];
  });
  return (
    <section class="conflict" aria-label="Both versions">
      {fields.map(({ label, theirs, yours }) => (
        <>
          <h2 safe>{label}</h2>
          <dl>
            <dt>Yours</dt>
            <dd dir="auto" safe>
              {yours}
            </dd>
            <dt>Theirs</dt>
            <dd dir="auto" safe>
              {theirs}
            </dd>
          </dl>
        </>
      ))}
    </section>
  );
}

function shownValue(
  name: string,
  value: unknown,
  projects: ProjectsById,
  members: readonly Member[],
  sections: readonly Section[],
): string {
  if (name === "priority") return PRIORITY_LABELS[value as Task["priority"]];
  if (name === "repeat" && value) return repeatWords(String(value));
  const text = [value ?? ""].flat().join(", ").trim();
  if (name === "sectionId") return sections.find(({ id }) => id === text)?.name ?? "";
  if (name === "assigneeId") return members.find(({ id }) => id === text)?.username ?? text;
  return name === "projectId" ? (projects.get(text)?.name ?? text) : text;
}

/** Overwrite names the version that is shown; an even newer one is shown first. */
export const ConflictActions = ({ url, theirs }: { url: string; theirs: number }) => (
  <>
    <button class="btn btn-primary" type="submit" name="overwrite" value={String(theirs)}>
      Overwrite
    </button>
    <a
      class="btn btn-quiet"
      href={url}
      data-use-theirs
      hx-get={url}
      hx-target="#panel"
      hx-select="#panel"
      hx-swap="outerHTML"
    >
      Use theirs
    </a>
  </>
);
