import { describe, expect, it } from "bun:test";
import { Cache } from "../../src/cache.ts";

const keys = (count: number) => Array.from({ length: count }, (_, index) => `key ${index}`);

describe("cache", () => {
  it("keeps at most its size", () => {
    const cache = new Cache<{ size: number }>(1000, ({ size }) => size);
    for (const key of keys(500)) cache.set(key, { size: 10 });
    const kept = keys(500).filter((key) => cache.get(key));
    expect(kept.length).toBeGreaterThanOrEqual(40);
    expect(kept.length).toBeLessThanOrEqual(100);
    expect(kept.at(-1)).toBe("key 499");
  });

  it("keeps values that are read, however many others are set", () => {
    const cache = new Cache<string>(100);
    cache.set("popular", "value");
    for (const key of keys(1000)) {
      cache.set(key, key);
      expect(cache.get("popular")).toBe("value");
    }
    expect(cache.get("key 0")).toBeUndefined();
  });

  it("counts a replaced value once, and returns the new one", () => {
    const cache = new Cache<string>(100);
    cache.set("other", "value");
    for (const value of keys(1000)) cache.set("same", value);
    expect(cache.get("same")).toBe("key 999");
    expect(cache.get("other")).toBe("value");
  });

  it("does not keep a value that would replace most others, nor the one before it", () => {
    const cache = new Cache<string>(100, ({ length }) => length);
    cache.set("key", "small");
    cache.set("key", "x".repeat(50));
    expect(cache.get("key")).toBeUndefined();
  });
});
