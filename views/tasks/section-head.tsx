import type { Section } from "../../src/features/tasks/section-model.ts";
import { attribute } from "../ui/attribute.ts";
import { Icon } from "../ui/icon.tsx";

interface SectionHeadProps {
  section: Section;
  /** Whether the reader may change it. */
  editable: boolean;
}

/** The heading of a section: its name, which is edited in place, a line for a new task, and what can be done to it. */
export function SectionHead({ section: { id, projectId, name, position }, editable }: SectionHeadProps) {
  const url = `/projects/${projectId}/sections/${id}`;
  return (
    <li class="group-head section-head" id={`group-${id}`} data-section={id}>
      <button
        class="icon-button section-fold needs-script"
        type="button"
        aria-expanded="true"
        aria-label={attribute(`Tasks in ${name}`)}
      >
        <Icon name="chevron" />
      </button>
      {editable ? (
        <form
          class="section-rename"
          method="post"
          action={url}
          hx-post={url}
          hx-trigger="change, submit"
          hx-swap="none"
        >
          <h2>
            <input
              class="section-name"
              name="name"
              value={attribute(name)}
              aria-label="Section name"
              maxlength={100}
              required
              autocomplete="off"
              dir="auto"
            />
          </h2>
        </form>
      ) : (
        <h2 class="section-name" dir="auto" safe>
          {name}
        </h2>
      )}
      {editable ? (
        <>
          {/* The menu and Alt with an arrow do the same. */}
          <span class="section-grip needs-script" aria-hidden="true" title="Drag to move">
            <Icon name="grip" />
          </span>
          <button
            class="icon-button section-add needs-script"
            type="button"
            aria-label={attribute(`Add a task to ${name}`)}
            title="Add a task"
          >
            <Icon name="plus" />
          </button>
          <SectionMenu url={url} position={position} />
          <form
            class="section-line"
            data-line
            method="post"
            action={`/tasks?project=${projectId}`}
            hx-post="/tasks"
            hx-swap="none"
            hx-sync="this:queue all"
          >
            <input type="hidden" name="sectionId" value={id} />
            <Icon name="plus" />
            <input
              class="add-title"
              name="title"
              placeholder="Add a task"
              aria-label={attribute(`New task in ${name}`)}
              required
              autocomplete="off"
              dir="auto"
            />
            <button class="btn btn-quiet needs-no-script" type="submit">
              Add
            </button>
          </form>
        </>
      ) : null}
    </li>
  );
}

const SectionMenu = ({ url, position }: { url: string; position: number }) => (
  <details class="menu section-menu">
    <summary class="icon-button" aria-label="Section menu" title="Section menu">
      <Icon name="more" />
    </summary>
    <div class="menu-sheet">
      <form method="post" action={`${url}/position`} hx-post={`${url}/position`} hx-swap="none">
        <button
          class="btn btn-quiet"
          type="submit"
          name="position"
          value={String(position - 1)}
          data-step="up"
          disabled={position === 1}
        >
          <Icon name="up" /> Move up
        </button>
        <button class="btn btn-quiet" type="submit" name="position" value={String(position + 1)} data-step="down">
          <Icon name="down" /> Move down
        </button>
      </form>
      <form method="post" action={`${url}/archival`} hx-post={`${url}/archival`} hx-swap="none">
        <button class="btn btn-quiet" type="submit">
          <Icon name="archive" /> Archive
        </button>
      </form>
      <form method="post" action={`${url}/deletion`} hx-post={`${url}/deletion`} hx-swap="none">
        <button class="btn btn-quiet btn-danger-quiet" type="submit">
          <Icon name="trash" /> Delete
        </button>
      </form>
    </div>
  </details>
);

/** The line for a new section, below the list. */
export const AddSection = ({ projectId }: { projectId: string }) => (
  <form
    class="add-section"
    data-line
    id="add-section"
    method="post"
    action={`/projects/${projectId}/sections`}
    hx-post={`/projects/${projectId}/sections`}
    hx-swap="none"
  >
    <input
      class="form-control"
      name="name"
      placeholder="Add a section"
      aria-label="New section"
      maxlength={100}
      required
      autocomplete="off"
      dir="auto"
    />
    <button class="btn btn-quiet needs-no-script" type="submit">
      Add
    </button>
  </form>
);
