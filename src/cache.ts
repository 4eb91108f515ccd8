interface Entry<Value> {
  readonly value: Value;
  readonly size: number;
  /** Whether it was asked for since it last came up to go. */
  used: boolean;
}

/**
 * Things that can be had again, up to a size: the oldest goes first, and what was asked for meanwhile gets a second
 * chance. (Moving each to the end when it is asked for cost a tenth of a small answer.)
 * @param most total size of what is kept
 * @param sizeOf what one value takes of it; 1 when only their number counts
 */
export class Cache<Value> {
  readonly #kept = new Map<string, Entry<Value>>();
  #size = 0;

  constructor(
    readonly most: number,
    readonly sizeOf: (value: Value) => number = () => 1,
  ) {}

  get(key: string): Value | undefined {
    const entry = this.#kept.get(key);
    if (!entry) return undefined;
    entry.used = true;
    return entry.value;
  }

  set(key: string, value: Value): void {
    this.delete(key);
    const size = this.sizeOf(value);
    if (size > this.most / 8) return;
    this.#kept.set(key, { value, size, used: false });
    this.#size += size;
    for (const [oldest, entry] of this.#kept) {
      if (this.#size <= this.most) break;
      this.#kept.delete(oldest);
      if (entry.used) this.#kept.set(oldest, { ...entry, used: false });
      else this.#size -= entry.size;
    }
  }

  delete(key: string): void {
    const entry = this.#kept.get(key);
    if (!entry) return;
    this.#kept.delete(key);
    this.#size -= entry.size;
  }
}
