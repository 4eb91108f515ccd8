import restore from "bootstrap-icons/icons/arrow-counterclockwise.svg" with { type: "text" };
import arrowLeft from "bootstrap-icons/icons/arrow-left.svg" with { type: "text" };
import check from "bootstrap-icons/icons/check-lg.svg" with { type: "text" };
import chevronDown from "bootstrap-icons/icons/chevron-down.svg" with { type: "text" };
import clock from "bootstrap-icons/icons/clock-history.svg" with { type: "text" };
import exclamation from "bootstrap-icons/icons/exclamation-circle.svg" with { type: "text" };
import pencil from "bootstrap-icons/icons/pencil.svg" with { type: "text" };
import person from "bootstrap-icons/icons/person-circle.svg" with { type: "text" };
import plus from "bootstrap-icons/icons/plus-lg.svg" with { type: "text" };
import search from "bootstrap-icons/icons/search.svg" with { type: "text" };
import sliders from "bootstrap-icons/icons/sliders2.svg" with { type: "text" };
import trash from "bootstrap-icons/icons/trash3.svg" with { type: "text" };
import wifiOff from "bootstrap-icons/icons/wifi-off.svg" with { type: "text" };
import close from "bootstrap-icons/icons/x-lg.svg" with { type: "text" };

const icons = {
  "arrow-left": arrowLeft,
  check,
  "chevron-down": chevronDown,
  exclamation,
  pencil,
  person,
  plus,
  restore,
  search,
  sliders,
  trash,
  "wifi-off": wifiOff,
  clock,
  close,
};

export type IconName = keyof typeof icons;

const symbols = Object.entries(icons).map(([name, svg]) =>
  svg
    .replace(/<svg[^>]*viewBox="([^"]+)"[^>]*>/, `<symbol id="${name}" viewBox="$1" fill="currentColor">`)
    .replace("</svg>", "</symbol>"),
);

/** The Bootstrap Icons that the pages use, one file with a symbol for each. */
export const ICON_SPRITE = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
