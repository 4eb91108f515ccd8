const UNITS: Record<string, number> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** @returns the number that `250m`, `1Gi`, `1e9` or `2` stands for; undefined when it is no quantity */
export function quantity(text: string | number | undefined): number | undefined {
  const [, amount, exponent, unit = ""] =
    String(text ?? "").match(/^\+?(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d+)|([a-zA-Z]*))$/) ?? [];
  const factor = UNITS[unit];
  if (amount === undefined || factor === undefined) return undefined;
  return exponent ? Number(amount + exponent) : Number(amount) * factor;
}

/** @returns how many of `total` a number or a percentage is, rounded as Kubernetes does where it says so */
export function share(value: string | number | undefined, total: number, round: (value: number) => number): number {
  const [, percent] = String(value ?? 0).match(/^(\d+)%$/) ?? [];
  return percent === undefined ? Number(value ?? 0) : round((Number(percent) / 100) * total);
}
