// Snoozing an alert: asks for how long; on a snoozed one it ends the snooze.
import { longestSnooze } from '../../core/health/alert.ts';
import type { DueAlert } from '../../core/incident/context.ts';
import { shortClock } from '../../core/text/format.ts';
import { futureForms, momentSays, parseUntil } from '../../core/text/since.ts';
import type { Instant } from '../../core/time.ts';
import type { Intent, State } from '../../store.ts';
import type { Entry } from '../screen.ts';
import { send } from './asking.ts';
import { onlyObserves } from './offers.ts';

const snooze = ({ id, subject, level }: DueAlert, until: Instant): Intent =>
  send({ do: 'snooze', alert: id, subject: subject || undefined, level, until });

/** Why a time is wrong; undefined: it is good. */
function wrongTime(text: string, now: Instant): string | undefined {
  const until = parseUntil(text, now);
  if (until === undefined || until <= now) return `give a time to come such as ${futureForms}`;
  return until - now > longestSnooze ? 'at most 24h' : undefined;
}

/** Asks until when, or ends the snooze. */
export function snoozeIntents(alert: DueAlert, now: Instant): readonly Intent[] {
  if (alert.snoozed) return [snooze(alert, now)];
  return [
    {
      kind: 'form',
      form: {
        title: `Snooze: ${alert.subject}`,
        fields: [
          {
            name: 'until',
            ask: 'for how long, or until when?',
            kind: 'text',
            value: '30m',
            hint: () => `${futureForms}; at most 24h. It ends earlier if the alert gets worse.`,
            help: 'No bell, no notification and no response time for this alert until then. It stays on the list, and its health counts as before. The journal records it.',
            wrong: (text, state) => wrongTime(text, state.world.now),
            means: (text, state) => momentSays(parseUntil(text, state.world.now), state.world.now),
          },
        ],
        submit: ({ until = '' }, state) => {
          const wrong = wrongTime(until, state.world.now);
          return wrong ?? [snooze(alert, parseUntil(until, state.world.now) ?? state.world.now)];
        },
      },
    },
  ];
}

/** In the palette: each alert by its name. */
export const snoozeEntries = (state: State): readonly Entry[] =>
  (state.incidentContext?.alerts ?? []).map((alert) => ({
    id: `snooze/${alert.id}`,
    title: alert.snoozed ? `end the snooze of ${alert.subject}` : `snooze the alert ${alert.subject}`,
    about: alert.snoozed
      ? `snoozed until ${shortClock(alert.snoozed.until)}Z`
      : 'no reminders for a time, or until it gets worse',
    also: 'silence mute quiet',
    unless: onlyObserves(state),
    run: snoozeIntents(alert, state.world.now),
  }));
