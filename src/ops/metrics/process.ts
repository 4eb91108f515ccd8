import { Counter, Gauge, type Registry } from "prom-client";
import { Distribution } from "./distribution.ts";

/** How often the delay of the event loop is measured. */
const TICK_MS = 100;

/**
 * Adds what concerns this process: memory, processor, and how late its event loop is. prom-client's own metrics of
 * the process are not used: they leak on Bun, and count what Node has.
 */
export function addProcessMetrics(registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Memory that the processes of TaskFlow hold.",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  let seconds = 0;
  new Counter({
    name: "process_cpu_seconds_total",
    help: "Processor time used, by the program and for it by the system.",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      const now = (user + system) / 1e6;
      this.inc(Math.max(0, now - seconds));
      seconds = now;
    },
  });
  const delay = new Distribution({
    name: "taskflow_event_loop_delay_seconds",
    help: `How late a timer of ${TICK_MS} ms is: how long one request can hold up the others.`,
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  }).series();
  let due = performance.now() + TICK_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    delay.observe(Math.max(0, now - due) / 1000);
    due = now + TICK_MS;
  }, TICK_MS);
  timer.unref();
}
