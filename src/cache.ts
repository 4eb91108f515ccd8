interface Entry<Value> {
  readonly value: Value;
  readonly size: number;
  /** Whether it was read since it was last considered for removal. */
  used: boolean;
}

/**
 * Keeps values that can be computed again, up to a total size. Removes the oldest first, but gives a second chance to
 * those that were read since. (Moving each to the end when it is read cost a tenth of a small response.)
 * @param maxSize total size of the values
 * @param sizeOf size of one value; 1 if only their number counts
 */
export class Cache<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  #size = 0;

  constructor(
    readonly maxSize: number,
    readonly sizeOf: (value: Value) => number = () => 1,
  ) {}

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    entry.used = true;
    return entry.value;
  }

  set(key: string, value: Value): void {
    this.delete(key);
    const size = this.sizeOf(value);
    if (size > this.maxSize / 8) return;
    this.#entries.set(key, { value, size, used: false });
    this.#size += size;
    for (const [oldest, entry] of this.#entries) {
      if (this.#size <= this.maxSize) break;
      this.#entries.delete(oldest);
      if (entry.used) this.#entries.set(oldest, { ...entry, used: false });
      else this.#size -= entry.size;
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#size -= entry.size;
  }
}
