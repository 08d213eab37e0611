// Posts alerts to generic webhooks, one after the other for each URL: one that hangs delays only what comes after it there.
import { ulid } from 'ulid';
import type { Settings } from '../../config/settings.ts';
import type { HealthStatus } from '../../core/health/status.ts';
import type { DueAlert, WebhookState } from '../../core/incident/context.ts';
import type { Event, EventOf } from '../../core/incident/event.ts';
import type { Incident } from '../../core/incident/incident.ts';
import { alertMessage, isPosted, type WebhookMessage } from '../../core/incident/webhook.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import type { Scope } from '../../core/world/world.ts';
import { postWebhook } from '../../data/channels/webhook-post.ts';
import { pause } from '../../data/source.ts';

/** Pauses before it is sent again, with the same id. */
const pauses: readonly Ms[] = [5 * second, 30 * second];
/** Messages that wait for one URL; the oldest go first. */
const mostWaiting = 100;
/** A cockpit that ended may have taken its news along: another one posts what it saw in this time. */
const handsOver: Ms = 15 * second;

export type AlertWebhooksOptions = {
  settings: Pick<Settings, 'channels' | 'environment'>;
  scope: Scope;
  host: string;
  /** Whether this cockpit posts for all of this journal. */
  leads(): boolean;
  incident(): Incident | undefined;
  /** Shows that a delivery has ended in another way than the one before it. */
  say(says: string, status: HealthStatus): void;
  pauses?: readonly Ms[];
};

type Target = {
  url: string;
  host: string;
  waiting: WebhookMessage[];
  busy: boolean;
  dropped: number;
  last?: WebhookState['last'];
};

export function createAlertWebhooks(options: AlertWebhooksOptions) {
  const { settings, scope, host, leads, incident, say } = options;
  const { webhooks } = settings.channels;
  const over = new AbortController();
  const targets = webhooks.urls.map(
    (url): Target => ({ url, host: new URL(url).host, waiting: [], busy: false, dropped: 0 }),
  );
  /** Alerts that were posted and not cleared: their end is posted at whatever level. */
  const posted = new Set<string>();
  let kept: { event: EventOf<'alert'>; at: Instant }[] = [];

  const isMeant = ({ alert, change, level }: EventOf<'alert'>, quiet: ReadonlySet<string>): boolean => {
    if (change === 'cleared') return posted.has(alert) || isPosted(level, webhooks.level);
    return isPosted(level, webhooks.level) && !quiet.has(alert);
  };

  const work = async (target: Target) => {
    target.busy = true;
    for (let message = target.waiting.shift(); message && !over.signal.aborted; message = target.waiting.shift())
      await deliver(target, message);
    target.busy = false;
  };

  const deliver = async (target: Target, message: WebhookMessage) => {
    for (const wait of [0, ...(options.pauses ?? pauses)]) {
      await pause(wait, over.signal);
      if (over.signal.aborted) return;
      const result = await postWebhook(settings, webhooks, target.url, message, { signal: over.signal });
      if (over.signal.aborted) return;
      const before = target.last;
      target.last = { at: Date.now(), ok: result.ok, says: result.says };
      if (result.ok && before?.ok === false) say(`webhook ${target.host}: works again`, 'ok');
      if (!result.ok && before?.ok !== false)
        say(`webhook ${target.host}: alert not delivered: ${result.says}`, 'warning');
      if (result.ok || !result.again) return;
    }
  };

  const post = (event: EventOf<'alert'>) => {
    if (event.change === 'cleared') posted.delete(event.alert);
    else posted.add(event.alert);
    const message = alertMessage(event, { id: ulid(), now: Date.now(), scope, host, incident: incident() });
    for (const target of targets) {
      target.waiting.push(message);
      if (target.waiting.length > mostWaiting) {
        target.waiting.shift();
        target.dropped += 1;
      }
      if (!target.busy) void work(target);
    }
  };

  return {
    /** Takes what changed, and the alerts as they stand: a snoozed one is posted only when it ends. Returns at once. */
    take(events: readonly Event[], raised: readonly DueAlert[], now: Instant): void {
      if (targets.length === 0) return;
      const quiet = new Set(raised.filter(({ snoozed }) => snoozed).map(({ id }) => id));
      const news = events.flatMap((event) => (event.kind === 'alert' && isMeant(event, quiet) ? [event] : []));
      kept = [...kept.filter(({ at }) => Math.abs(now - at) < handsOver), ...news.map((event) => ({ event, at: now }))];
      if (!leads()) {
        // Another cockpit posts it: its end is posted, whoever leads then.
        for (const { alert, change } of news) if (change !== 'cleared') posted.add(alert);
        return;
      }
      for (const { event } of kept) post(event);
      kept = [];
    },
    /** Undefined where none is configured. */
    get states(): readonly WebhookState[] | undefined {
      if (targets.length === 0) return undefined;
      return targets.map(({ host: to, last, waiting, dropped }) => ({
        host: to,
        level: webhooks.level,
        waiting: waiting.length,
        dropped,
        last,
      }));
    },
    /** Ends what is under way: nothing that hangs keeps the engine. */
    stop(): void {
      over.abort();
    },
  };
}
