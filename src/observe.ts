/** Work that the operator can see, if metrics or traces are on. */
export interface Work {
  readonly kind: "service" | "query" | "write" | "commit" | "delivery" | "job";
  /** From a fixed set, such as `tasks.createTask` or `select tasks`. */
  readonly name: string;
  /** How many units a commit holds, or how many streams a delivery serves. */
  readonly count?: number;
  /** The statement of a query, with placeholders instead of values. */
  readonly statement?: string;
  readonly engine?: "sqlite" | "postgres";
  /** The writes that a commit completes. */
  readonly completes?: readonly Carry[];
  /** When the oldest change happened that is delivered, as Unix time in milliseconds. */
  readonly since?: number;
}

/** What is counted, and its kinds. */
export interface Counted {
  signIn: "success" | "failure" | "limited";
  /** The limit that a request met: what it protects, or the first word of its key. */
  limited: string;
  task: "created" | "completed";
  backup: "failure";
}

/** Runs something later, as a part of the work that was under way when it was created. */
export type Carry = <Result>(run: () => Result) => Result;

export interface Observer {
  /** Runs work, and returns or throws what it does. The work lasts until its promise is settled. */
  run<Result>(work: Work, run: () => Result): Result;
  /** Returns what continues the work that is under way now. Only traces need it. */
  carry?(): Carry;
  count?<Thing extends keyof Counted>(thing: Thing, kind: Counted[Thing]): void;
}

const observers: Observer[] = [];
const runNow: Carry = (run) => run();

/** Adds an observer. Before the database is opened and the services are created: without one, nothing is wrapped. */
export const addObserver = (observer: Observer): void => void observers.push(observer);

export const isObserved = (): boolean => observers.length > 0;

/** Runs work under every observer. Costs nothing without any. */
export function observed<Result>(work: Work, run: () => Result): Result {
  const [first] = observers;
  if (first && observers.length === 1) return first.run(work, run);
  let inner = run;
  for (const observer of observers) {
    const next = inner;
    inner = () => observer.run(work, next);
  }
  return inner();
}

/** Returns a function that continues the work that is under way now. */
export function carryOn(): Carry {
  for (const { carry } of observers) if (carry) return carry();
  return runNow;
}

/** Observes each call of the functions of services, for traces only: metrics have no use for them. */
export const observedServices = <Services extends Record<string, object>>(services: Services): Services =>
  observers.some(({ carry }) => carry)
    ? (Object.fromEntries(
        Object.entries(services).map(([name, service]) => [name, observedService(name, service)]),
      ) as Services)
    : services;

function observedService(name: string, service: object): object {
  const members = Object.entries(service).map(([key, value]) => {
    const work: Work = { kind: "service", name: `${name}.${key}` };
    const call = (...given: unknown[]) => observed(work, () => Reflect.apply(value, service, given));
    return [key, typeof value === "function" ? call : value];
  });
  return Object.fromEntries(members);
}

/** Counts something that has happened. */
export function countEvent<Thing extends keyof Counted>(thing: Thing, kind: Counted[Thing]): void {
  for (const observer of observers) observer.count?.(thing, kind);
}
