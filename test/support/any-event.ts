// Every kind of event, with whatever may stand in it.
import fc from 'fast-check';
import type { Event, EventKind, EventOf } from '../../src/core/incident/event.ts';

const some = <T extends string | number>(...values: readonly T[]) => fc.constantFrom(...values);
const of = <K extends EventKind>(kind: K, rest: Readonly<Record<string, fc.Arbitrary<unknown>>> = {}) =>
  fc.record({ kind: fc.constant(kind), ...rest }) as fc.Arbitrary<EventOf<K>>;
const step = some('sev1/acknowledge', 'sev1/redis', 'sev3/enable');
const why = fc.string();
const check = fc.record({ state: some('pass', 'fail', 'unknown'), because: why });

/** Every kind of event there is: a kind that is left out does not compile. */
const kinds: { [K in EventKind]: fc.Arbitrary<EventOf<K>> } = {
  opened: of('opened', { title: why, severity: some(1, 2, 3, 4), why }),
  severity: of('severity', { severity: some(1, 2, 3, 4), why }),
  type: of('type', { type: some('service', 'security'), title: why, why }),
  procedure: of('procedure', { procedure: some('security', 'rollback'), change: some('added', 'retired') }),
  acknowledged: of('acknowledged'),
  snoozed: of('snoozed', { alert: some('metric/p95'), level: some('critical', 'warning'), until: fc.integer() }),
  step: of('step', { step, mark: some('done', 'skipped', 'reopened'), found: check }),
  decision: of('decision', { step, answer: some('yes', 'no'), why }),
  action: of('action', {
    run: some('a', 'b'),
    action: fc.constant('notify'),
    target: why,
    phase: some('confirmed', 'started', 'finished', 'verified', 'unknown'),
  }),
  verdict: of('verdict', {
    finding: some('metric/p95'),
    subject: why,
    from: some('ok'),
    to: some('critical'),
    says: why,
  }),
  alert: of('alert', {
    alert: some('metric/p95'),
    change: some('raised', 'cleared'),
    level: some('critical'),
    says: why,
  }),
  role: of('role', {
    role: some('commander', 'deputy', 'scribe', 'expert'),
    change: some('taken', 'handed', 'left'),
    person: some('x', 'y', 'z'),
  }),
  note: of('note', { text: why }),
  pin: of('pin', { entry: some('1', '2'), pinned: fc.boolean() }),
  notified: of('notified', {
    message: some('m1', 'm2'),
    channel: some('pagerduty', 'slack-alerts'),
    purpose: some('trigger', 'acknowledge', 'update', 'resolve'),
    delivery: some('sending', 'sent', 'failed', 'unknown', 'not-sent'),
    text: why,
  }),
  update: of('update', { text: why }),
  armed: of('armed', { until: fc.integer(), why }),
  disarmed: of('disarmed', { why }),
  wheel: of('wheel', { session: some('s1', 's2'), person: some('x', 'y') }),
  key: of('key', {
    key: some('K'.repeat(26), 'M'.repeat(26)),
    person: some('x', 'y'),
    change: some('admitted', 'removed'),
  }),
  reminder: of('reminder', { step, about: some('a', 'b'), due: fc.integer() }),
  reminded: of('reminded', { about: some('a', 'b') }),
  mitigated: of('mitigated', { why }),
  resolved: of('resolved', { why }),
  cancelled: of('cancelled', { why }),
  measured: of('measured', { since: fc.integer({ min: 0 }) }),
  reopened: of('reopened', { why }),
  sample: of('sample', { values: fc.record({ p95: fc.integer() }) }),
  shell: of('shell', {
    session: some('a', 'b'),
    tool: some('exec', 'psql'),
    target: why,
    phase: some('started', 'ended'),
    command: why,
  }),
  journal: of('journal', { what: some('closed', 'clock-back'), says: why }),
};

export const anyEvent: fc.Arbitrary<Event> = fc.oneof(...Object.values<fc.Arbitrary<Event>>(kinds));
