// The session of this page. It may end elsewhere, and another tab may sign in to another account.
import { find } from "../ui/dom.js";
import { hasUnsavedInput } from "../ui/unsaved.js";

/** The account that this page belongs to; undefined when signed out. */
export const { account } = document.body.dataset;

/** Tells the server which account this page belongs to. @type {Record<string, string>} */
export const accountHeaders = account ? { "TaskFlow-Account": account } : {};

/** Leads to the sign-in page; with unsaved input, shows a link to it instead. */
export function showSignedOut() {
  const banner = find("#signed-out");
  if (banner && hasUnsavedInput()) banner.hidden = false;
  else location.reload();
}

addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  Object.assign(ctx.request.headers, accountHeaders);
});

addEventListener("htmx:after:request", (event) => {
  if (event.detail.ctx.response?.status !== 401 || !hasUnsavedInput()) return;
  event.preventDefault();
  showSignedOut();
});
