// Kubernetes quantities (apimachinery, resource.Quantity): `250m` of a core, `512Mi`, `1e3`, and metrics-server's
// `12345678n`. client-node's own reader would load all of its API classes for these few lines.

const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Cores of a CPU quantity, bytes of a memory quantity; undefined where it is none. */
export function quantityOf(text: unknown): number | undefined {
  if (typeof text === 'number') return Number.isFinite(text) ? text : undefined;
  if (typeof text !== 'string') return undefined;
  const [, digits = '', exponent = '', suffix = ''] =
    /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?$/.exec(text.trim()) ?? [];
  const number = Number(`${digits}${exponent}`);
  return digits === '' || !Number.isFinite(number) ? undefined : number * (suffixes[suffix] ?? 1);
}
