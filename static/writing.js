// What somebody is writing: in the line for new tasks, and in the task that is open. None of it is lost unasked.

// --- The line for new tasks -----------------------------------------------------------------------------------------

/** Lines on their way, and those that could not be added and found the field taken. */
const sent = new Set();
const waiting = [];

/** The line is free for the next task at once; Enter on an empty one, or pressed twice, adds nothing. */
addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.sourceElement.id !== "add") return;
  const title = ctx.request.body.get("title");
  if (title.trim()) {
    ctx.line = { title, priority: ctx.request.body.get("priority") };
    sent.add(ctx.line);
  } else event.preventDefault();
  typedIn.delete(find("#add-title"));
  setLine(waiting.shift() ?? { title: "", priority: "medium" });
  showWaiting();
  find("#add-title").focus();
});

/** What could not be added is there again: at once, or when what is being written by now has been sent. */
function giveLineBack({ line }) {
  if (!sent.delete(line)) return;
  if (find("#add-title").value) waiting.push(line);
  else setLine(line);
  showWaiting();
}

addEventListener("htmx:error", ({ detail: { ctx } }) => ctx && giveLineBack(ctx));
addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!(ctx.response?.status < 400)) giveLineBack(ctx);
  showWaiting();
});
addEventListener("htmx:finally:request", ({ detail: { ctx } }) => sent.delete(ctx.line));

function setLine({ title, priority }) {
  find("#add-title").value = title;
  find("#add-priority").value = priority;
}

function showWaiting() {
  const place = find("#add-waiting");
  const text = waiting.length > 0 ? `Not added yet: ${waiting.map(({ title }) => title).join(" · ")}` : "";
  if (place && place.textContent !== text) place.textContent = text;
}

// --- The task that is open ------------------------------------------------------------------------------------------

/** The address follows what shows: without a task beside it, the list. */
function showListAddress(url) {
  if (location.pathname !== "/tasks") history.pushState({ htmx: true }, "", url);
  shownAddress = location.href;
  document.title = "Tasks · TaskFlow";
}

/** What was written and not saved is only given up when asked. */
function isUnsaved() {
  const form = find("#edit");
  if (!form) return false;
  // A form that was refused comes with the words that could not be saved.
  return (
    "unsaved" in form.dataset ||
    [...form.elements].some((field) =>
      field.type === "radio"
        ? field.checked !== field.defaultChecked
        : field.matches("textarea") && field.value !== field.defaultValue,
    )
  );
}

const words = () =>
  JSON.stringify(["title", "description", "priority"].map((name) => find("#edit")?.elements[name].value));

// A morph leaves alone what somebody has typed or chosen. Unless they went on since they asked, it is stored by now.
addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const asks = ctx.sourceElement.id === "edit" || /^\/tasks\/changed\?.*&(open|alone)=/.test(ctx.request.action);
  if (asks) ctx.words = words();
});
addEventListener("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  // Words that were refused stay to be put right, also when the task is ticked meanwhile.
  const panel = tasks.findIndex(({ type, target }) => type === "oob" && target.matches("#panel:has([data-unsaved])"));
  if (panel >= 0 && tasks[panel].fragment.querySelector("#edit")) tasks.splice(panel, 1);
  ctx.isStored = ctx.words !== undefined && ctx.words === words() && ctx.response.status < 400;
});
addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.isStored && isUnsaved()) find("#edit").reset();
});

function closePanel() {
  const panel = find("#panel.panel-open");
  if (!panel) return false;
  if (!mayDiscard()) return true;
  const { task } = panel.dataset;
  const back = panel.querySelector("[data-close-panel]").getAttribute("href");
  showListAddress(back);
  panel.replaceChildren();
  panel.className = "panel";
  panel.hidden = true;
  coverBehind();
  focusRow(document.getElementById(`task-${task}`));
  return true;
}

// --- The sheet that it is on a narrow screen ------------------------------------------------------------------------

const narrow = matchMedia("(max-width: 1023.98px)");
const isSheet = () => narrow.matches && find("#panel.panel-open") !== null;

/** What the sheet hides takes no focus either; a press beside the sheet puts it away. */
function coverBehind() {
  for (const behind of document.querySelectorAll(".workspace > .column, .topbar, .skip-link")) behind.inert = isSheet();
}
narrow.addEventListener("change", coverBehind);

let pressedBeside = false;
addEventListener("pointerdown", ({ target }) => {
  pressedBeside = isSheet() && !target.closest("#panel, .toasts, .connection");
});
addEventListener("click", () => {
  if (pressedBeside) closePanel();
  pressedBeside = false;
});

// --- Leaving --------------------------------------------------------------------------------------------------------

const mayDiscard = (unsaved = isUnsaved()) => !unsaved || confirm("Leave without saving what you wrote?");

/** Whether anything would be lost with this page. */
const hasWords = () => isUnsaved() || Boolean(find("#add-title")?.value) || waiting.length + sent.size > 0;

addEventListener("beforeunload", (event) => {
  if (hasWords() && !find("#edit")?.dataset.sent) event.preventDefault();
});
addEventListener("submit", (event) => {
  if (event.target.id !== "edit" || event.target.hasAttribute("hx-post")) return;
  if (find("#signed-out").hidden) event.target.dataset.sent = "";
  else {
    // The way over the sign-in page would lose the words. Perhaps somebody is signed in again by now.
    event.preventDefault();
    follow();
  }
});

/** The address of what shows. When Back asks, it has been left already. */
let shownAddress = location.href;
for (const type of ["htmx:after:history:push", "htmx:after:history:replace"])
  addEventListener(type, () => {
    shownAddress = location.href;
  });
addEventListener("htmx:before:history:restore", (event) => {
  if (mayDiscard(hasWords())) shownAddress = location.href;
  else {
    event.preventDefault();
    history.pushState({ htmx: true }, "", shownAddress);
  }
});

/** Leads to sign in, unless words would be lost on the way. */
function signedOut() {
  if (hasWords()) find("#signed-out").hidden = false;
  else location.reload();
}

addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.response?.status !== 401) return;
  giveLineBack(ctx);
  if (!hasWords()) return;
  event.preventDefault();
  signedOut();
});
