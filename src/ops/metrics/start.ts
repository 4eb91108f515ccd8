import type { Config, LogLevel } from "../../config.ts";
import { diagnosticEndpoints } from "../diagnostics/endpoints.ts";
import { createLogger } from "../logging.ts";
import type { Ask } from "../questions.ts";
import { createHostMetrics } from "./host.ts";
import { keepRates } from "./rates.ts";
import { listenForOperators } from "./server.ts";
import { createTotals, textResponse } from "./totals.ts";

/** The processes that handle requests. */
export interface Processes {
  /** How many there should be. */
  readonly count: number;
  /** Returns how many have ended and were started again. */
  restarts(): number;
}

export interface Operations {
  readonly url: string;
  /** Sets how to ask the processes that handle requests, once they run. */
  follow(ask: Ask, processes: Processes): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts what operators look at. It responds before the server does, so that a long upgrade can be watched.
 * @param setLogLevel makes processes that start later log at a level
 * @throws CommandError that names the variable if it can't listen
 */
export function startOperations(
  config: Config,
  address: NonNullable<Config["metrics"]>,
  setLogLevel: (level: LogLevel) => void,
): Operations {
  const readHost = createHostMetrics(config);
  const total = createTotals();
  let ask: Ask = async () => [];
  let processes: Processes = { count: 0, restarts: () => 0 };

  async function collect() {
    const replies = await ask("metrics");
    const running = replies.filter(({ value }) => value !== undefined).length;
    const workers = { running, missing: processes.count - running };
    return [...(await readHost(workers, processes.restarts())), ...(await total(replies))];
  }

  const rates = keepRates(collect);
  const { url, stop } = listenForOperators(
    address,
    {
      "GET /metrics": async (request) => textResponse(await collect(), request),
      "GET /status": async () => (await import("./page.tsx")).statusPage(await collect(), rates.read()),
      "GET /static/*": async (request) => (await import("../../http/assets.ts")).assetResponse(request),
      ...diagnosticEndpoints(() => ask, setLogLevel),
    },
    createLogger(config),
  );
  return {
    url,
    async follow(askProcesses, followed) {
      ask = askProcesses;
      processes = followed;
      await rates.start();
    },
    async stop() {
      rates.stop();
      await stop(true);
    },
  };
}
