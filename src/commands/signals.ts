const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;

let respond: (exitCode: number) => unknown = (exitCode) => process.exit(exitCode);

/**
 * Makes SIGINT and SIGTERM end the process, with the exit code that shells use. The first process of a container
 * ignores signals without a handler. Ending at once is as safe as losing power.
 */
export function handleSignals(): void {
  for (const [signal, number] of Object.entries(SIGNALS)) process.on(signal, () => respond(128 + number));
}

/** Replaces what a signal does, so that a command can end in good order. */
export function onSignal(handler: () => unknown): void {
  respond = handler;
}
