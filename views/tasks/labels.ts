/** The sorts as people say them, by what the URL says. */
export const SORT_LABELS = [
  ["createdAt.desc", "Newest first"],
  ["createdAt.asc", "Oldest first"],
  ["updatedAt.desc", "Last changed"],
  ["priority.desc", "Highest priority"],
  ["priority.asc", "Lowest priority"],
  ["title.asc", "Title, A to Z"],
  ["title.desc", "Title, Z to A"],
] as const;
