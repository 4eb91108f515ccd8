/** Rows of one part of long work: a few milliseconds. */
const SIZE = 50;
/** Rows of one transaction of work that is written in batches. */
export const BATCH_SIZE = 200;

/** Splits long work into parts. Between them other requests run, as the event loop must not be blocked. */
export async function* inChunks<Item>(items: readonly Item[], size = SIZE): AsyncGenerator<Item[]> {
  for (let start = 0; start < items.length; start += size) {
    if (start > 0) await new Promise(setImmediate);
    yield items.slice(start, start + size);
  }
}
