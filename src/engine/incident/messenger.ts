// Sends the incident's messages: each is journaled before it goes, and with what became of it.
import { ulid } from 'ulid';
import type { Settings } from '../../config/settings.ts';
import type { HealthStatus } from '../../core/health/status.ts';
import type { ChannelState, IncidentCommand } from '../../core/incident/context.ts';
import type { Delivery, Event } from '../../core/incident/event.ts';
import type { Incident } from '../../core/incident/incident.ts';
import { pageKey } from '../../core/incident/page.ts';
import { deliver } from '../../data/channels/channels.ts';
import { Tasks } from '../tasks.ts';

type Message = Extract<IncidentCommand, { do: 'notify' }>;

export type MessengerOptions = {
  settings: Settings;
  /** Where the messages come from, for who receives them. */
  source: string;
  channels: readonly ChannelState[];
  /** Writes into the journal of this incident. */
  record(event: Event, incident: string): Promise<boolean>;
  /** Shows the outcome on the screen. */
  say(says: string, status: HealthStatus): void;
  /** A message has gone out, or has failed to. */
  sent(): void;
};

export function createMessenger({ settings, source, channels, record, say, sent }: MessengerOptions) {
  /** Messages in flight: a hanging channel delays no command. */
  const sending = new Tasks();

  return {
    /** Returns when the message is journaled, not when it has arrived. */
    async send({ channel, purpose, text, key: given }: Message, incident: Incident): Promise<void> {
      const message = ulid();
      const key = given ?? pageKey(incident);
      const state = channels.find((one) => one.id === channel);
      const note = (delivery: Delivery, detail?: string): Event => ({
        kind: 'notified',
        message,
        channel,
        to: state?.name,
        purpose,
        delivery,
        text,
        key: channel === 'pagerduty' ? key : undefined,
        detail: detail || undefined,
      });
      const go = async () => {
        const severity = incident.severity === 1 ? 'critical' : incident.severity === 2 ? 'error' : 'warning';
        const { delivery, detail } = await deliver(settings, {
          channel,
          purpose,
          text,
          dedupKey: key,
          severity,
          source,
        });
        await record(note(delivery, detail), incident.id);
        sent();
        const name = state?.name ?? channel;
        if (delivery === 'sent') say(`${name}: ${purpose} sent`, 'ok');
        else if (delivery === 'not-sent')
          say(`${name} is not configured: copy the text and send it yourself`, 'warning');
        else say(`${name}: ${detail}`, delivery === 'failed' ? 'critical' : 'unknown');
      };
      if (state?.configured) {
        await record(note('sending'), incident.id);
        say(`${state.name}: sending ${purpose} …`, 'unknown');
      }
      sending.add(go().catch((error: unknown) => say(String(error), 'critical')));
    },
    settled: () => sending.settled(),
  };
}
