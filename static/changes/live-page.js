// Pages that only show changes, such as the activity and the trash, are read again as a whole.
import { find } from "../ui/dom.js";
import { onChange, onReload } from "./stream.js";

let isReading = false;
let isOutdated = false;

/** Reads the page again; of a page that shows no changes, the counts beside it. */
export async function rereadPage() {
  if (find("#task-list")) return;
  const part = find("#live") ? "#live" : "#navigation";
  isOutdated = true;
  if (isReading) return;
  isReading = true;
  while (isOutdated) {
    isOutdated = false;
    await htmx
      .ajax("GET", location.href, {
        source: "#main",
        target: part,
        select: part,
        ...(part === "#live" && { selectOOB: "#navigation:outerMorph" }),
        swap: "outerMorph",
      })
      .catch(() => {});
  }
  isReading = false;
}

onChange(rereadPage);
onReload(rereadPage);
