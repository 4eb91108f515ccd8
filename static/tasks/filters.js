// Search and View: a short address, and a menu that closes.
import { findAll, targetOf } from "../ui/dom.js";

/** Keeps in the address only what differs from the plain list. @param {FormData} query */
function shortenQuery(query) {
  const [sort = "", order] = String(query.get("sort") ?? "").split(".");
  query.set("sort", sort);
  if (order && order !== (sort === "title" ? "asc" : "desc")) query.set("order", order);
  if (sort === "createdAt") query.delete("sort");
  if (query.get("status") === "open") query.delete("status");
  for (const name of ["q", "priority"]) if (!query.get(name)) query.delete(name);
}

addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const { body } = ctx.request;
  if (ctx.sourceElement.id === "filters" && body instanceof FormData) shortenQuery(body);
});

addEventListener("click", (event) => {
  for (const menu of findAll(".view-menu[open]")) if (!menu.contains(targetOf(event))) menu.removeAttribute("open");
});
