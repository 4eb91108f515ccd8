const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;

let end: (code: number) => unknown = (code) => process.exit(code);

/**
 * From here on a signal to end does so, by default at once with the code that shells give it: the first process of a
 * container is not ended by a signal that it doesn't hear. What was half done is as safe then as when the power fails.
 */
export function hearSignals(): void {
  for (const [signal, number] of Object.entries(SIGNALS)) process.on(signal, () => end(128 + number));
}

/** Has a command end in an order of its own. @param way is called with each signal */
export function onSignal(way: () => unknown): void {
  end = way;
}
