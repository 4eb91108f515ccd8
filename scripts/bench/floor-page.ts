import type { Task } from "../../src/features/tasks/model.ts";
import type { Surroundings } from "./surroundings.ts";

const NAMES = { high: "High priority", medium: "Medium priority", low: "Low priority" } as const;

const escaped = Bun.escapeHTML;

/** TaskFlow's list page by string concatenation: what its markup costs when nothing is paid for views. */
export function page(items: readonly Task[], { head, tail, icons }: Surroundings["page"]): string {
  let html = head;
  for (const task of items) html += row(task, icons);
  return html + tail;
}

const icon = (icons: string, name: string) =>
  `<svg class="icon" aria-hidden="true" width="16" height="16"><use href="${icons}#${name}"></use></svg>`;

function row({ id, title, description, priority }: Task, icons: string): string {
  const name = escaped(title);
  const rank = priority === "medium" ? "" : `<span class="task-priority">${NAMES[priority]}</span>`;
  const summary = description
    ? `<span class="task-summary" dir="auto">${escaped(description.slice(0, 140))}</span>`
    : "";
  return `<li class="task" id="task-${id}" data-priority="${priority}"><form class="task-tick" method="post" action="/tasks/${id}/completion" hx-post="/tasks/${id}/completion" hx-swap="none"><input type="hidden" name="completed" value="true"/><button class="tick" type="submit" aria-label="Complete: ${name}"><span class="tick-circle">${icon(icons, "check")}</span></button></form><a class="task-link" href="/tasks/${id}" hx-get="/tasks/${id}" hx-target="#panel" hx-select="#panel" hx-swap="outerHTML" hx-push-url="true"><span class="task-title" dir="auto">${name}</span><span class="task-meta">${rank}${summary}</span></a><form class="task-delete" method="post" action="/tasks/${id}/deletion" hx-post="/tasks/${id}/deletion" hx-swap="none"><button class="icon-button" type="submit" aria-label="Delete: ${name}" title="Delete">${icon(icons, "trash")}</button></form><label class="task-select"><span class="visually-hidden">Select: ${name}</span><input class="form-check-input" type="checkbox" name="ids" value="${id}" form="bulk"/></label></li>`;
}
