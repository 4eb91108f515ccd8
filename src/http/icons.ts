import travel from "bootstrap-icons/icons/airplane.svg" with { type: "text" };
import archive from "bootstrap-icons/icons/archive.svg" with { type: "text" };
import restore from "bootstrap-icons/icons/arrow-counterclockwise.svg" with { type: "text" };
import down from "bootstrap-icons/icons/arrow-down.svg" with { type: "text" };
import arrowLeft from "bootstrap-icons/icons/arrow-left.svg" with { type: "text" };
import up from "bootstrap-icons/icons/arrow-up.svg" with { type: "text" };
import book from "bootstrap-icons/icons/book.svg" with { type: "text" };
import work from "bootstrap-icons/icons/briefcase.svg" with { type: "text" };
import calendar from "bootstrap-icons/icons/calendar-event.svg" with { type: "text" };
import upcoming from "bootstrap-icons/icons/calendar-week.svg" with { type: "text" };
import shopping from "bootstrap-icons/icons/cart.svg" with { type: "text" };
import chat from "bootstrap-icons/icons/chat.svg" with { type: "text" };
import checkCircle from "bootstrap-icons/icons/check-circle.svg" with { type: "text" };
import check from "bootstrap-icons/icons/check-lg.svg" with { type: "text" };
import chevron from "bootstrap-icons/icons/chevron-down.svg" with { type: "text" };
import circle from "bootstrap-icons/icons/circle-fill.svg" with { type: "text" };
import clock from "bootstrap-icons/icons/clock-history.svg" with { type: "text" };
import code from "bootstrap-icons/icons/code-slash.svg" with { type: "text" };
import copy from "bootstrap-icons/icons/copy.svg" with { type: "text" };
import exclamation from "bootstrap-icons/icons/exclamation-circle.svg" with { type: "text" };
import flag from "bootstrap-icons/icons/flag.svg" with { type: "text" };
import grip from "bootstrap-icons/icons/grip-vertical.svg" with { type: "text" };
import heart from "bootstrap-icons/icons/heart.svg" with { type: "text" };
import home from "bootstrap-icons/icons/house.svg" with { type: "text" };
import inbox from "bootstrap-icons/icons/inbox.svg" with { type: "text" };
import link from "bootstrap-icons/icons/link-45deg.svg" with { type: "text" };
import list from "bootstrap-icons/icons/list.svg" with { type: "text" };
import tasks from "bootstrap-icons/icons/list-check.svg" with { type: "text" };
import school from "bootstrap-icons/icons/mortarboard.svg" with { type: "text" };
import music from "bootstrap-icons/icons/music-note-beamed.svg" with { type: "text" };
import edit from "bootstrap-icons/icons/pencil.svg" with { type: "text" };
import people from "bootstrap-icons/icons/people.svg" with { type: "text" };
import person from "bootstrap-icons/icons/person-circle.svg" with { type: "text" };
import plus from "bootstrap-icons/icons/plus-lg.svg" with { type: "text" };
import printer from "bootstrap-icons/icons/printer.svg" with { type: "text" };
import search from "bootstrap-icons/icons/search.svg" with { type: "text" };
import sliders from "bootstrap-icons/icons/sliders2.svg" with { type: "text" };
import star from "bootstrap-icons/icons/star.svg" with { type: "text" };
import tag from "bootstrap-icons/icons/tag.svg" with { type: "text" };
import tags from "bootstrap-icons/icons/tags.svg" with { type: "text" };
import more from "bootstrap-icons/icons/three-dots.svg" with { type: "text" };
import tools from "bootstrap-icons/icons/tools.svg" with { type: "text" };
import trash from "bootstrap-icons/icons/trash3.svg" with { type: "text" };
import wifiOff from "bootstrap-icons/icons/wifi-off.svg" with { type: "text" };
import close from "bootstrap-icons/icons/x-lg.svg" with { type: "text" };

const icons = {
  "arrow-left": arrowLeft,
  calendar,
  chat,
  upcoming,
  check,
  "check-circle": checkCircle,
  exclamation,
  flag,
  inbox,
  link,
  list,
  more,
  person,
  plus,
  printer,
  restore,
  search,
  sliders,
  tasks,
  trash,
  "wifi-off": wifiOff,
  clock,
  chevron,
  close,
  travel,
  archive,
  down,
  up,
  book,
  work,
  shopping,
  circle,
  code,
  copy,
  grip,
  heart,
  home,
  school,
  music,
  people,
  star,
  tag,
  tags,
  tools,
  edit,
};

export type IconName = keyof typeof icons;

const symbols = Object.entries(icons).map(([name, svg]) =>
  svg
    .replace(/<svg[^>]*viewBox="([^"]+)"[^>]*>/, `<symbol id="${name}" viewBox="$1" fill="currentColor">`)
    .replace("</svg>", "</symbol>"),
);

/** The Bootstrap Icons that the pages use, one file with a symbol for each. */
export const ICON_SPRITE = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
