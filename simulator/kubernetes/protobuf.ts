// kubectl sends access reviews as protobuf: "k8s\0", an envelope, and in it the review. Read as far as reviews go.

const magic = Buffer.from('k8s\0');

/** The length-delimited fields of a message by number; others are skipped. */
function fields(message: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; at < message.length; shift += 7) {
      const byte = message[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < message.length) {
    const tag = number();
    const wire = tag & 7;
    if (wire === 2) {
      const length = number();
      found.set(tag >>> 3, message.subarray(at, at + length));
      at += length;
    } else if (wire === 0) number();
    else at += wire === 1 ? 8 : 4;
  }
  return found;
}

const texts = (message: Buffer | undefined, names: readonly string[]): Record<string, string> | undefined => {
  if (!message) return undefined;
  const found = fields(message);
  const named = names.map((name, index) => [name, found.get(index + 1)?.toString() ?? ''] as const);
  return Object.fromEntries(named.filter(([, value]) => value !== ''));
};

const resourceAttributes = ['namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name'];

/** The spec of a review, in the form that JSON has; undefined when it is no protobuf of Kubernetes. */
export function readReview(body: Buffer, kind: string): { spec: unknown } | undefined {
  if (!body.subarray(0, 4).equals(magic)) return undefined;
  const raw = fields(body.subarray(4)).get(2);
  const spec = raw && fields(raw).get(2);
  if (!spec) return { spec: {} };
  if (kind === 'SelfSubjectRulesReview') return { spec: texts(spec, ['namespace']) };
  const parts = fields(spec);
  const resource = texts(parts.get(1), resourceAttributes);
  const path = texts(parts.get(2), ['path', 'verb']);
  return {
    spec: { resourceAttributes: resource, nonResourceAttributes: path },
  };
}
