import type { Names } from "../../src/features/projects/people.ts";
import type { Member } from "../../src/features/sharing/model.ts";
import { PRIORITIES, PRIORITY_LABELS } from "../../src/features/tasks/model.ts";
import { placeOf, printUrl, type TaskView } from "../../src/features/tasks/view.ts";
import { attribute } from "../ui/attribute.ts";
import { Icon } from "../ui/icon.tsx";
import { sortLabels } from "./labels.ts";

/** Who the tasks of a list can be assigned to. */
export interface ListPeople {
  /** The usernames of assignees. */
  readonly names: Names;
  /** The members of the list's project; none in a list over several. */
  readonly members: readonly Member[];
  /** Whether the reader shares any project. */
  readonly shared: boolean;
}

interface FiltersProps {
  view: TaskView;
  people: ListPeople;
  /** The id of the reader's account. */
  me: string | undefined;
}

/** Search, and the View menu. The list follows each change. */
export function Filters({ view, people, me }: FiltersProps) {
  const path = placeOf(view);
  return (
    <form
      id="filters"
      class="filters"
      aria-label="Filter"
      method="get"
      action={path}
      hx-get={path}
      hx-trigger="input delay:200ms from:#q, change from:'#filters select', submit"
      hx-sync="this:replace"
      hx-target="#results"
      hx-select="#results"
      hx-select-oob="#list-status:outerMorph"
      hx-swap="outerMorph"
      hx-replace-url="true"
    >
      <div class="search">
        <Icon name="search" />
        <input
          class="form-control"
          id="q"
          name="q"
          type="search"
          value={attribute(view.q)}
          placeholder="Search"
          aria-label="Search tasks"
          autocomplete="off"
        />
      </div>
      <details class="menu view-menu">
        <summary class="icon-button" aria-label="View" title="View">
          <Icon name="sliders" />
        </summary>
        <div class="menu-sheet">
          {view.status === "completed" ? null : (
            <Select
              name="status"
              label="Show"
              value={view.status}
              options={[
                ["open", "Open tasks"],
                ["all", "Open and completed"],
              ]}
            />
          )}
          <Select
            name="priority"
            label="Priority"
            value={view.priority ?? ""}
            options={[
              ["", "Any"],
              ...PRIORITIES.toReversed().map((priority) => [priority, PRIORITY_LABELS[priority]] as const),
            ]}
          />
          {(people.shared || view.assignee) && me ? (
            <Select
              name="assignee"
              label="Assigned to"
              value={view.assignee ?? ""}
              options={[
                ["", "Anyone"],
                [me, "Me"],
                ...people.members.filter(({ id }) => id !== me).map(({ id, username }) => [id, username] as const),
              ]}
            />
          ) : null}
          <Select name="sort" label="Sort by" value={`${view.sort}.${view.order}`} options={sortLabels(view.status)} />
          <noscript>
            <button class="btn btn-quiet" type="submit">
              Show
            </button>
          </noscript>
          <label class="place">
            <input class="form-check-input" type="checkbox" id="selecting" autocomplete="off" /> Select tasks
          </label>
          <a class="place" href={printUrl(view)} data-print>
            <Icon name="printer" /> Print
          </a>
        </div>
      </details>
    </form>
  );
}

function Select({
  name,
  label,
  value,
  options,
}: {
  name: string;
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
}) {
  return (
    <div class="select-field">
      <label for={`view-${name}`} safe>
        {label}
      </label>
      <select class="form-select" name={name} id={`view-${name}`}>
        {options.map(([option, text]) => (
          <option value={attribute(option)} selected={option === value} safe>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
