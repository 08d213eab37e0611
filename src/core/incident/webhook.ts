// What a generic webhook gets of an alert. Pure; its schema is docs/webhook.schema.json.
import type { Scope } from '../world/world.ts';
import type { AlertLevel } from './channel.ts';
import { severityName } from './checklist.ts';
import type { EventOf } from './event.ts';
import type { Incident } from './incident.ts';

export const webhookVersion = 1;

/** `test`: no alert; sent by `doctor --send`. */
export const webhookStatuses = ['raised', 'worse', 'cleared', 'test'] as const;
export type WebhookStatus = (typeof webhookStatuses)[number];

export type WebhookMessage = {
  version: typeof webhookVersion;
  /** Of this message; the same when it is sent again. */
  id: string;
  /** Of the alert: several cockpits may send the same change, and the same key and status is the same news. */
  key: string;
  status: WebhookStatus;
  level: AlertLevel;
  /** ISO 8601, UTC. */
  at: string;
  environment: string;
  namespace: string;
  /** The scenario; only in a drill. */
  drill?: string;
  subject: string;
  summary: string;
  /** The open incident, if there is one. */
  incident?: { id: string; severity: string; title: string };
  sender: { program: 'bentham-cockpit'; host: string };
};

/** Of what and by whom; `id` makes it unique. */
export type WebhookContext = { id: string; now: number; scope: Scope; host: string; incident?: Incident | undefined };

/** The key of an alert: the same for every cockpit of the environment. */
export const webhookKey = (
  { environment, namespace, drill }: Pick<Scope, 'environment' | 'namespace' | 'drill'>,
  alert: string,
): string => ['bentham', environment, namespace, drill, alert].filter(Boolean).join('/');

/** An alert's change as the message about it. */
export function alertMessage(
  { alert, subject, change, level, says }: EventOf<'alert'>,
  { id, now, scope, host, incident }: WebhookContext,
): WebhookMessage {
  const { environment, namespace, drill } = scope;
  const message: WebhookMessage = {
    version: webhookVersion,
    id,
    key: webhookKey(scope, alert),
    status: change,
    level,
    at: new Date(now).toISOString(),
    environment,
    namespace,
    subject,
    summary: says,
    sender: { program: 'bentham-cockpit', host },
  };
  if (drill !== undefined) message.drill = drill;
  if (incident)
    message.incident = { id: incident.id, severity: severityName(incident.severity), title: incident.title };
  return message;
}

const rank: Readonly<Record<AlertLevel, number>> = { info: 1, warning: 2, critical: 3 };

/** Whether an alert of this level is to be posted. */
export const isPosted = (level: AlertLevel, least: AlertLevel): boolean => rank[level] >= rank[least];
