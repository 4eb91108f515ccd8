/** Where traces go. The variables are OpenTelemetry's own. */
export interface TracesConfig {
  /** The collector, without `/v1/traces`. */
  readonly endpoint: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** The share of requests that are traced, unless their caller has decided. */
  readonly ratio: number;
}

interface Reader {
  value(name: string): string | undefined;
  secret(name: string): string | undefined;
  share(name: string): number;
  readonly wrong: string[];
}

/** Reads where traces go: nowhere unless an endpoint is set. Messages never contain its value, which may include a password. */
export function readTraces({ value, secret, share, wrong }: Reader): TracesConfig | undefined {
  const ratio = share("OTEL_TRACES_SAMPLER_ARG");
  const headersText = secret("OTEL_EXPORTER_OTLP_HEADERS");
  const headers = parseHeaders(headersText ?? "");
  if (!headers) wrong.push("OTEL_EXPORTER_OTLP_HEADERS must be pairs such as name=value,other=value");
  const protocol = value("OTEL_EXPORTER_OTLP_PROTOCOL");
  if (protocol !== undefined && protocol !== "http/protobuf")
    wrong.push(`OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, not “${protocol}”`);
  const text = value("OTEL_EXPORTER_OTLP_ENDPOINT");
  if (text === undefined) return undefined;
  if (!/^https?:\/\/[^/?#\s]+(\/[^?#\s]*)?$/i.test(text) || !URL.canParse(text)) {
    wrong.push("OTEL_EXPORTER_OTLP_ENDPOINT must be the URL of a collector, such as http://localhost:4318");
    return undefined;
  }
  return { endpoint: new URL(text), headers: headers ?? {}, ratio };
}

/** Parses headers in the format of W3C Baggage, with encoded values. */
function parseHeaders(text: string): Record<string, string> | undefined {
  const entries = text
    .split(",")
    .filter((pair) => pair.trim() !== "")
    .map((pair) => /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(pair));
  if (!entries.every((entry) => entry !== null)) return undefined;
  try {
    return Object.fromEntries(entries.map(([, name = "", value = ""]) => [name, decodeURIComponent(value)]));
  } catch {
    return undefined;
  }
}
