// Quantities of Kubernetes: `250m`, `512Mi`, `2`, as numbers and back.

const units: Readonly<Record<string, number>> = {
  ...{ m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 },
};

/** Cores, bytes or a count; undefined for what is no quantity. */
export function quantity(value: unknown): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(String(value ?? '')) ?? [];
  const factor = units[unit];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

/** As the API server writes it: `1750m`, `768Mi`, `3`. */
export function quantityText(resource: string, amount: number): string {
  if (/cpu$/.test(resource)) {
    const milli = Math.round(amount * 1000);
    return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
  }
  if (!/(memory|storage)$/.test(resource)) return String(amount);
  const unit = (['Gi', 'Mi', 'Ki'] as const).find(
    (one) => amount >= (units[one] ?? 1) && amount % (units[one] ?? 1) === 0,
  );
  return unit ? `${amount / (units[unit] ?? 1)}${unit}` : String(amount);
}
