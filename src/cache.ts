/**
 * Things that can be had again, up to a size: what was not asked for the longest goes first.
 * @param most total size of what is kept
 * @param sizeOf what one value takes of it; 1 when only their number counts
 */
export class Cache<Value> {
  readonly #kept = new Map<string, { value: Value; size: number }>();
  #size = 0;

  constructor(
    readonly most: number,
    readonly sizeOf: (value: Value) => number = () => 1,
  ) {}

  get(key: string): Value | undefined {
    const entry = this.#kept.get(key);
    if (!entry) return undefined;
    // The map's order is the order of use.
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    return entry.value;
  }

  set(key: string, value: Value): void {
    this.delete(key);
    const size = this.sizeOf(value);
    if (size > this.most / 8) return;
    this.#kept.set(key, { value, size });
    this.#size += size;
    for (const oldest of this.#kept.keys()) {
      if (this.#size <= this.most) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.#kept.get(key);
    if (!entry) return;
    this.#kept.delete(key);
    this.#size -= entry.size;
  }
}
