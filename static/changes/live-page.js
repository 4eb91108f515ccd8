// Pages that only show changes, such as the activity and the trash, are read again as a whole.
import { find } from "../ui/dom.js";
import { onChange, onReload } from "./stream.js";

let isReading = false;
let isOutdated = false;

async function read() {
  if (!find("#live")) return;
  isOutdated = true;
  if (isReading) return;
  isReading = true;
  while (isOutdated) {
    isOutdated = false;
    await htmx
      .ajax("GET", location.href, { source: "#main", target: "#live", select: "#live", swap: "outerMorph" })
      .catch(() => {});
  }
  isReading = false;
}

onChange(read);
onReload(read);
