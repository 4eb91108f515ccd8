// The heading of a group is hidden while the group has no rows.
import { findAll } from "../ui/dom.js";

export function updateGroups() {
  for (const head of findAll("#task-list > .group-head:not(.section-head)")) {
    let row = head.nextElementSibling;
    while (row?.matches(".task, .task-gone") && row.hasAttribute("hidden")) row = row.nextElementSibling;
    head.hidden = !row?.matches(".task, .load-more");
  }
}

addEventListener("htmx:after:swap", updateGroups);
