/** A field of a JSON log line: by its whole name (`"res.statusCode": 200`), else by its path (`"res": {"statusCode": 200}`). */
export function fieldAt(record: object, path: string): unknown {
  const whole = own(record, path);
  if (whole !== undefined || !path.includes('.')) return whole;
  let value: unknown = record;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = own(value, key);
  }
  return value;
}

function own(record: object, key: string): unknown {
  return Object.hasOwn(record, key) ? (record as Readonly<Record<string, unknown>>)[key] : undefined;
}
