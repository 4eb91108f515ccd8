/** Rows of `tasks` as SQLite keeps them, times in milliseconds. The names are the columns of src/db/schema.ts. */
export interface TaskRow {
  owner_id: string;
  id: string;
  title: string;
  title_key: string;
  description: string;
  description_key: string;
  priority: "low" | "medium" | "high";
  completed_at: number | null;
  version: number;
  created_at: number;
  updated_at: number;
}

export const WORDS =
  "answer budget call check clean contract copy design draft email export figure garden header invoice journal kitchen label launch letter library meeting menu notes office order paint paper parcel phone photo plan poster price print quote recipe release rename repair report review roof schedule search server shelf sketch survey table ticket train travel update visit water window".split(
    " ",
  );

const YEAR = 365 * 24 * 60 * 60 * 1000;
const FIRST = Date.UTC(2025, 0, 1);

/** The same numbers in every run, so that runs can be compared. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** @returns an account's tasks: half of them open, over a year, with a few words each */
export function taskRows(ownerId: string, count: number, random: () => number): TaskRow[] {
  const words = (least: number, spread: number) =>
    Array.from(
      { length: least + Math.floor(random() * spread) },
      () => WORDS[Math.floor(random() * WORDS.length)] ?? "",
    ).join(" ");
  return Array.from({ length: count }, () => {
    const created = FIRST + Math.floor(random() * YEAR);
    const updated = created + Math.floor(random() * 1e8);
    const title = words(3, 4);
    const description = words(6, 12);
    return {
      owner_id: ownerId,
      id: Bun.randomUUIDv7("hex", created),
      title: `${title.charAt(0).toUpperCase()}${title.slice(1)}`,
      title_key: title,
      description,
      description_key: description,
      priority: (["low", "medium", "high"] as const)[Math.floor(random() * 3)] ?? "medium",
      completed_at: random() < 0.5 ? updated : null,
      version: 1,
      created_at: created,
      updated_at: updated,
    };
  });
}
