// What HTML and htmx can't do alone. Every page works without it.
import "./ui/links.js";
import "./ui/invalid.js";
import "./ui/toasts.js";
import "./ui/connection.js";
import "./ui/history.js";
import "./accounts/theme.js";
import "./accounts/session.js";
import "./changes/undo.js";
import "./changes/live-page.js";
import "./tasks/filters.js";
import "./tasks/row-height.js";
import "./tasks/fold.js";
import "./tasks/sheet.js";
import "./tasks/panel.js";
import "./tasks/edit.js";
import "./tasks/add.js";
import "./tasks/selection.js";
import "./tasks/escape.js";
import "./tasks/live.js";
import { connect } from "./changes/stream.js";

document.documentElement.classList.add("has-script");
connect();
