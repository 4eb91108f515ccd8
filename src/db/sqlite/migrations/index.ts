// A line for each migration, so that they are inside the compiled program too.
import accounts from "./0000_accounts.sql" with { type: "text" };
import tasks from "./0001_tasks.sql" with { type: "text" };
import changes from "./0002_changes.sql" with { type: "text" };
import sortings from "./0003_sortings.sql" with { type: "text" };
import trash from "./0004_trash.sql" with { type: "text" };
import journal from "./meta/_journal.json";

export const sqlite = { journal, texts: [accounts, tasks, changes, sortings, trash] };
