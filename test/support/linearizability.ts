/** An operation on an object, as its client saw it. */
export interface Operation<State> {
  /** For the report of an anomaly. */
  readonly label: string;
  /** When it was called and when it returned. */
  readonly call: number;
  readonly end: number;
  /** Returns the state after the operation, or undefined if it would have had another result in this state. */
  readonly apply: (state: State) => State | undefined;
}

/**
 * Checks that a history is linearizable: that each operation can have taken effect at one moment between its call and
 * its return (Wing & Gong's search, with a memory of what was tried).
 * @returns undefined if it is; otherwise the longest possible order, and the operations that don't fit after it
 */
export function findAnomaly<State>(initial: State, history: readonly Operation<State>[]): string | undefined {
  const operations = history.toSorted((a, b) => a.call - b.call);
  const tried = new Set<string>();
  let longest: readonly number[] = [];

  /** @param left the operations that have not taken effect, in the order of their calls */
  function search(state: State, order: readonly number[], left: readonly number[]): boolean {
    if (order.length > longest.length) longest = order;
    if (left.length === 0) return true;
    const key = `${left} ${JSON.stringify(state)}`;
    if (tried.has(key)) return false;
    tried.add(key);
    // An operation that was called after another one had returned comes after it.
    const firstEnd = Math.min(...left.map((each) => operations[each]?.end ?? 0));
    return left.some((next) => {
      const { call = 0, apply = () => undefined } = operations[next] ?? {};
      const after = call <= firstEnd ? apply(state) : undefined;
      const rest = left.filter((each) => each !== next);
      return after !== undefined && search(after, [...order, next], rest);
    });
  }

  const all = [...operations.keys()];
  if (search(initial, [], all)) return undefined;
  const describe = (some: readonly number[]) =>
    some.map((each) => operations[each]).map((each) => `\n  ${each?.label} [${each?.call} – ${each?.end}]`);
  const stuck = all.filter((each) => !longest.includes(each)).slice(0, 10);
  return `possible:${describe(longest).slice(-20).join("")}\nbut then not:${describe(stuck).join("")}`;
}
