import { sanitize } from '../../core/text/text.ts';

/** Every text of a value through the door, on the way in and on the way out: no control characters, no secrets. */
export function safe<T>(value: T, longest = 4000): T {
  if (typeof value === 'string') return sanitize(value, longest) as T;
  if (Array.isArray(value)) return value.map((each) => safe(each, longest)) as T;
  if (value && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, safe(each, longest)])) as T;
  return value;
}
