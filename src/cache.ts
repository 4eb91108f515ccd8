/**
 * Keeps values that can be computed again, in two generations of at most half the size each. When the young one is full,
 * it becomes the old one, and the values of the old one that were not read in the meantime are forgotten. Forgetting
 * them one by one cost more than small values save.
 * @param maxSize total size of the values
 * @param sizeOf size of one value; 1 if only their number counts
 */
export class Cache<Value extends NonNullable<unknown>> {
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  /** Of the young generation. */
  #size = 0;

  constructor(
    readonly maxSize: number,
    readonly sizeOf: (value: Value) => number = () => 1,
  ) {}

  get(key: string): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: Value): void {
    this.#delete(key);
    const size = this.sizeOf(value);
    if (size > this.maxSize / 8) return;
    if (this.#size + size > this.maxSize / 2) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#size = 0;
    }
    this.#young.set(key, value);
    this.#size += size;
  }

  #delete(key: string): void {
    const young = this.#young.get(key);
    if (young !== undefined) {
      this.#young.delete(key);
      this.#size -= this.sizeOf(young);
    }
    this.#old.delete(key);
  }
}
