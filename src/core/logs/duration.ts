// How long a request took, as loggers write it: a number in the unit of its name, or a text with units.
import { hour, type Ms, minute, second } from '../time.ts';
import { remembered } from './remembered.ts';

const units: Readonly<Record<string, Ms>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  msec: 1,
  s: second,
  sec: second,
  secs: second,
  seconds: second,
  m: minute,
  min: minute,
  h: hour,
};

/** OpenTelemetry's and nginx's names are in seconds; a name may say its unit: `duration_ms`, `took_s`, `latencySeconds`. */
const inSeconds = new Set(['http.server.request.duration', 'request_time', 'upstream_response_time']);
/** Elastic's common schema counts nanoseconds. */
const inNanoseconds = new Set(['event.duration']);
const unitInName = /(?:_|\b)(ns|us|ms|s|sec|secs|seconds)$|(Ns|Us|Ms|Sec|Secs|Seconds)$/;

/** The unit of a number whose name says none. */
export type Unit = 'ns' | 'ms' | 's';

const ownMilliseconds = /^(?:responseTime|http\.server\.duration)$/;

const unitOfName = remembered((name): Ms | undefined => {
  if (inSeconds.has(name)) return second;
  if (inNanoseconds.has(name)) return 1e-6;
  const [, plain, camel] = unitInName.exec(name) ?? [];
  const said = plain ?? camel ?? (ownMilliseconds.test(name) ? 'ms' : undefined);
  return said === undefined ? undefined : (units[said.toLowerCase()] ?? 1);
});

const inUnit = (value: number, name: string, usual: Unit): Ms => {
  const unit = unitOfName(name) ?? units[usual] ?? 1;
  return unit === 1 ? value : exact(value * unit);
};

const durationName =
  /^(?:[\w.]{0,40}[._])?(?:(?:duration|latency|elapsed|took)(?:_?time)?|(?:response|request|processing|service|execution)_?time|time_?taken)_?(?:ns|us|ms|s|sec|secs|seconds|millis)?$/i;

/** Whether a field is a duration by its name: `latencyMs`, `elapsed_time`, `request.duration`. */
export const isDurationName = remembered((name) => durationName.test(name));

/** Without the rounding error of the multiplication: 0.35, not 0.35000000000000003. */
const exact = (ms: Ms): Ms => (Number.isInteger(ms) && ms < 1e12 ? ms : Number(ms.toPrecision(12)));

/** Milliseconds; undefined for what is no time. `usual`: the unit of a number whose name says none. `4.2`, `"4.2s"`, `"812ms"`, `"1m3.5s"`, `"00:00:04.2"` is none. */
export function toMs(value: unknown, name: string, usual: Unit = 'ms'): Ms | undefined {
  if (typeof value === 'number') return value >= 0 && Number.isFinite(value) ? inUnit(value, name, usual) : undefined;
  if (typeof value !== 'string' || value.length > 40) return undefined;
  const text = value.trim().toLowerCase();
  if (/^\d+(\.\d+)?(e-?\d+)?$/.test(text)) return inUnit(Number(text), name, 'ms');
  if (!/^(\d+(\.\d+)?\s?[a-zµμ]+\s?)+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, number, unit = ''] of text.matchAll(/(?<!\d)(\d+(?:\.\d+)?)\s?([a-zµμ]+)/g)) {
    const ms = units[unit];
    if (ms === undefined) return undefined;
    sum += Number(number) * ms;
  }
  return exact(sum);
}
