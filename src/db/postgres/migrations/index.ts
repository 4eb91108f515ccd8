// Lists every migration, so that the compiled program contains them.
import initial from "./0000_initial.sql" with { type: "text" };
import journal from "./meta/_journal.json";

export const postgres = { journal, texts: [initial] };
