// A line for each migration, so that they are inside the compiled program too.
import everything from "./0000_everything.sql" with { type: "text" };
import sortings from "./0001_sortings.sql" with { type: "text" };
import trash from "./0002_trash.sql" with { type: "text" };
import journal from "./meta/_journal.json";

export const postgres = { journal, texts: [everything, sortings, trash] };
