const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
  Pi: 1024 ** 5,
};

/** Bytes of a Kubernetes quantity such as `17814716Ki`; null for what is none. */
export function parseQuantity(text: string): number | null {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([kMGTP]|[KMGTP]i)?$/.exec(text) ?? [];
  const factor = FACTORS[unit];
  return amount === undefined || factor === undefined ? null : Math.round(Number(amount) * factor);
}
