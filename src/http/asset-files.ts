// Everything that is served as a file. These are lists, not folders, so that nothing else is ever served.
import bootstrapCss from "bootstrap/dist/css/bootstrap.min.css" with { type: "file" };
import htmxJs from "htmx.org/dist/htmx.min.js" with { type: "file" };
import swaggerCss from "swagger-ui-dist/swagger-ui.css" with { type: "file" };
import swaggerJs from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "file" };
import docsCss from "../../static/docs/swagger.css" with { type: "file" };
import favicon from "../../static/favicon.svg" with { type: "file" };

/** The modules of the pages' script. `main.js` imports the others. */
export const MODULES = {
  "main.js": import("../../static/main.js", { with: { type: "file" } }),
  "accounts/session.js": import("../../static/accounts/session.js", { with: { type: "file" } }),
  "accounts/theme.js": import("../../static/accounts/theme.js", { with: { type: "file" } }),
  "changes/live-page.js": import("../../static/changes/live-page.js", { with: { type: "file" } }),
  "changes/stream.js": import("../../static/changes/stream.js", { with: { type: "file" } }),
  "changes/undo.js": import("../../static/changes/undo.js", { with: { type: "file" } }),
  "tasks/add.js": import("../../static/tasks/add.js", { with: { type: "file" } }),
  "tasks/edit.js": import("../../static/tasks/edit.js", { with: { type: "file" } }),
  "tasks/escape.js": import("../../static/tasks/escape.js", { with: { type: "file" } }),
  "tasks/filters.js": import("../../static/tasks/filters.js", { with: { type: "file" } }),
  "tasks/fold.js": import("../../static/tasks/fold.js", { with: { type: "file" } }),
  "tasks/list.js": import("../../static/tasks/list.js", { with: { type: "file" } }),
  "tasks/live.js": import("../../static/tasks/live.js", { with: { type: "file" } }),
  "tasks/panel.js": import("../../static/tasks/panel.js", { with: { type: "file" } }),
  "tasks/pointer.js": import("../../static/tasks/pointer.js", { with: { type: "file" } }),
  "tasks/row-height.js": import("../../static/tasks/row-height.js", { with: { type: "file" } }),
  "tasks/selection.js": import("../../static/tasks/selection.js", { with: { type: "file" } }),
  "tasks/sheet.js": import("../../static/tasks/sheet.js", { with: { type: "file" } }),
  "ui/connection.js": import("../../static/ui/connection.js", { with: { type: "file" } }),
  "ui/dom.js": import("../../static/ui/dom.js", { with: { type: "file" } }),
  "ui/focus.js": import("../../static/ui/focus.js", { with: { type: "file" } }),
  "ui/history.js": import("../../static/ui/history.js", { with: { type: "file" } }),
  "ui/invalid.js": import("../../static/ui/invalid.js", { with: { type: "file" } }),
  "ui/keyboard.js": import("../../static/ui/keyboard.js", { with: { type: "file" } }),
  "ui/links.js": import("../../static/ui/links.js", { with: { type: "file" } }),
  "ui/toasts.js": import("../../static/ui/toasts.js", { with: { type: "file" } }),
  "ui/unsaved.js": import("../../static/ui/unsaved.js", { with: { type: "file" } }),
};

/** The pages' style sheet, in this order. */
export const STYLES = [
  import("../../static/ui/tokens.css", { with: { type: "file" } }),
  import("../../static/ui/shell.css", { with: { type: "file" } }),
  import("../../static/ui/text.css", { with: { type: "file" } }),
  import("../../static/ui/buttons.css", { with: { type: "file" } }),
  import("../../static/ui/fields.css", { with: { type: "file" } }),
  import("../../static/ui/choices.css", { with: { type: "file" } }),
  import("../../static/ui/sheets.css", { with: { type: "file" } }),
  import("../../static/ui/tick.css", { with: { type: "file" } }),
  import("../../static/ui/records.css", { with: { type: "file" } }),
  import("../../static/ui/toasts.css", { with: { type: "file" } }),
  import("../../static/ui/connection.css", { with: { type: "file" } }),
  import("../../static/accounts/landing.css", { with: { type: "file" } }),
  import("../../static/tasks/list.css", { with: { type: "file" } }),
  import("../../static/tasks/add.css", { with: { type: "file" } }),
  import("../../static/tasks/filters.css", { with: { type: "file" } }),
  import("../../static/tasks/tabs.css", { with: { type: "file" } }),
  import("../../static/tasks/row.css", { with: { type: "file" } }),
  import("../../static/tasks/fold.css", { with: { type: "file" } }),
  import("../../static/tasks/bulk-bar.css", { with: { type: "file" } }),
  import("../../static/tasks/panel.css", { with: { type: "file" } }),
  import("../../static/ui/motion.css", { with: { type: "file" } }),
  import("../../static/ui/print.css", { with: { type: "file" } }),
];

/** Files that are served as they are, by name. */
export const FILES = {
  "bootstrap.css": bootstrapCss,
  "docs.css": docsCss,
  "docs.js": import("../../static/docs/swagger.js", { with: { type: "file" } }),
  "favicon.svg": favicon,
  "htmx.js": htmxJs,
  "swagger-ui.css": swaggerCss,
  "swagger-ui.js": swaggerJs,
};
