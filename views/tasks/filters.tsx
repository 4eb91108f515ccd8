import { PRIORITIES, PRIORITY_LABELS } from "../../src/features/tasks/model.ts";
import type { TaskView } from "../../src/features/tasks/view.ts";
import { attribute } from "../ui/attribute.ts";
import { Icon } from "../ui/icon.tsx";
import { SORT_LABELS } from "./labels.ts";

/** Search, priority and sort. The list follows each change. */
export function Filters({ view }: { view: TaskView }) {
  const active = view.priority !== undefined || view.sort !== "createdAt" || view.order !== "desc";
  return (
    <form
      id="filters"
      class="filters"
      aria-label="Filter"
      method="get"
      action="/tasks"
      hx-get="/tasks"
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
      <details class="view-menu">
        <summary class="btn btn-quiet" data-active={active ? "" : undefined}>
          <Icon name="sliders" /> View
        </summary>
        <div class="view-sheet">
          <Select
            name="priority"
            label="Priority"
            value={view.priority ?? ""}
            options={[
              ["", "Any"],
              ...PRIORITIES.toReversed().map((priority) => [priority, PRIORITY_LABELS[priority]] as const),
            ]}
          />
          <Select name="sort" label="Sort by" value={`${view.sort}.${view.order}`} options={SORT_LABELS} />
        </div>
      </details>
      <noscript>
        <button class="btn btn-quiet" type="submit">
          Show
        </button>
      </noscript>
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
          <option value={option} selected={option === value} safe>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
