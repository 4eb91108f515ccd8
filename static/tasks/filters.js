// Search and View: a short address, and what a new task gets from them.
import { findField } from "../ui/dom.js";
import { resetPriority } from "./add.js";
import { isProject, listPath } from "./list.js";

/** Keeps in the address only what differs from the plain list. @param {FormData} query */
function shortenQuery(query) {
  const [sort = "", order] = String(query.get("sort") ?? "").split(".");
  query.set("sort", sort);
  if (order && order !== (/^(title|dueDate|manual)$/.test(sort) ? "asc" : "desc")) query.set("order", order);
  const usual = listPath().endsWith("/completed") ? "completedAt" : isProject() ? "manual" : "createdAt";
  if (sort === usual) query.delete("sort");
  if (query.get("status") === "open") query.delete("status");
  for (const name of ["q", "priority", "assignee"]) if (!query.get(name)) query.delete(name);
}

addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const { body } = ctx.request;
  if (ctx.sourceElement.id === "filters" && body instanceof FormData) shortenQuery(body);
});

// A new task gets the priority that the list is filtered by, unless one is being typed.
addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const title = findField("add-title");
  if (ctx.sourceElement?.id === "filters" && title && !title.value) resetPriority();
});
