// The fields of a log line: their names, and how they are found in its record.

/** Where the fields are in a JSON line (settings, logFields). */
export type LogFields = {
  level: string;
  time: string;
  message: string;
  requestId: readonly string[];
  tenantId: string;
  studyId: string;
  surfaceId: readonly string[];
  responseTime: string;
  /** Other names of `responseTime`. */
  durations: readonly string[];
  statusCode: readonly string[];
  method: readonly string[];
  url: readonly string[];
};

export const logFieldNames = [
  'requestId',
  'tenantId',
  'studyId',
  'surfaceId',
  'responseTime',
  'statusCode',
  'method',
  'url',
] as const;
export type LogFieldName = (typeof logFieldNames)[number];

/** A field of a JSON log line: by its whole name (`"res.statusCode": 200`), else by its path (`"res": {"statusCode": 200}`). */
export function fieldAt(record: object, path: string): unknown {
  const found = ownAt(record, path);
  // Some thirty fields are looked for in each line, and most records have none of these.
  if (found !== undefined || !('attributes' in record || 'Attributes' in record)) return found;
  // OpenTelemetry's records keep them there.
  const attributes = own(record, 'attributes') ?? own(record, 'Attributes');
  return typeof attributes === 'object' && attributes !== null ? ownAt(attributes, path) : undefined;
}

function ownAt(record: object, path: string): unknown {
  const whole = own(record, path);
  if (whole !== undefined || !path.includes('.')) return whole;
  let value: unknown = record;
  for (const key of partsOf(path)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = own(value, key);
  }
  return value;
}

/** The paths come from the settings and are few; each is taken apart once. */
const parts = new Map<string, readonly string[]>();

function partsOf(path: string): readonly string[] {
  const known = parts.get(path) ?? path.split('.');
  if (parts.size < 1000) parts.set(path, known);
  return known;
}

function own(record: object, key: string): unknown {
  return Object.hasOwn(record, key) ? (record as Readonly<Record<string, unknown>>)[key] : undefined;
}
