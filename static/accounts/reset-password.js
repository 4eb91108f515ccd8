// A link to set a new password carries its token after the "#", which browsers send to no server.
import { find } from "../ui/dom.js";

function takeToken() {
  const field = find("input[name='token']");
  // The skip link also leads to a "#".
  if (!(field instanceof HTMLInputElement) || location.hash.length < 20) return;
  field.value = location.hash.slice(1);
  // Without the token, the address can stay in the history.
  history.replaceState(history.state, "", location.pathname);
  const row = field.closest(".field");
  if (row instanceof HTMLElement) row.hidden = true;
  find("#password")?.focus();
}

takeToken();
// A new link in the same tab does not load the page again.
addEventListener("hashchange", takeToken);
