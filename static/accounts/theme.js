// A chosen theme applies at once.
import { targetOf } from "../ui/dom.js";

addEventListener("change", (event) => {
  const field = targetOf(event);
  if (field instanceof HTMLInputElement && field.name === "theme") document.documentElement.dataset.theme = field.value;
});
