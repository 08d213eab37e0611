import { targetsOf } from '../../config/targets.ts';
import type { HealthStatus } from '../../core/health/status.ts';
import { hasControl, isAdmitted } from '../../core/incident/authority.ts';
import { severityName } from '../../core/incident/checklist.ts';
import {
  type Arrived,
  type IncidentCommand,
  type IncidentContext,
  isInControl,
  keysOf,
  listedOpen,
  type Presence,
  type Said,
} from '../../core/incident/context.ts';
import type { Event } from '../../core/incident/event.ts';
import type { Incident } from '../../core/incident/incident.ts';
import { type Ms, second } from '../../core/time.ts';
import { channelStates } from '../../data/channels/channels.ts';
import { readReceived } from '../../data/channels/webhook-inbox.ts';
import { PresenceFiles } from '../../data/journal/presence.ts';
import type { CreateModule } from '../module.ts';
import { createAlertWebhooks } from './alert-webhooks.ts';
import { AlertWatch } from './alerts.ts';
import { decide } from './decide.ts';
import { interruptedRuns } from './interrupted.ts';
import { createMessenger } from './messenger.ts';
import { type Recorder, whyLost } from './recorder.ts';
import { controlSays, everybody, shownLoss, strangersOnce, tookFirst, waitsFor } from './relay-news.ts';
import { createReporter } from './reporter.ts';
import { isSameContext } from './same-context.ts';
import { inTurn, ownIncident, settled } from './settling.ts';

const renewEvery: Ms = 3 * second;
/** How often a drill is asked for received messages. */
const arrivalsEvery: Ms = 3 * second;
/** How often the journal's own file is checked, and a failed journal is retried. */
const retryEvery: Ms = 5 * second;

export const incidentModule =
  (recorder: Recorder): CreateModule =>
  (context) => {
    const { settings, scope } = context;
    const { journal } = recorder;
    const observing = settings.environment.observe;
    const place = { directory: journal.state.directory, group: settings.journal.group || undefined };
    const presence = new PresenceFiles(place, journal.writer);
    const alerts = new AlertWatch();
    const fixed = {
      observing,
      channels: channelStates(settings.channels),
      targets: targetsOf(settings),
      contacts: settings.contacts,
    };
    const { shared } = recorder;
    /** On this host, and on the relay. */
    let nearby: readonly Presence[] = [];
    let screen = '';
    const others = () => everybody(nearby, shared?.others ?? [], journal.writer.session);
    let received: readonly Arrived[] | undefined;
    let said: Said | undefined;
    let toldContext: IncidentContext | undefined;
    let toldIncident: Incident | undefined | null = null;
    let orders: Promise<void> = recorder.ready;
    let isReady = false;

    const incidentContext = (): IncidentContext => {
      const { incident, allowed } = recorder;
      const self = journal.writer;
      const own = { ...self, at: 0, observing, driving: false, incident: incident?.id, screen: screen || undefined };
      const here = [own, ...others()].map((one) => ({
        ...one,
        driving: incident !== undefined && hasControl(incident.control, one),
      }));
      return {
        ...fixed,
        self,
        asksName: recorder.asksName || undefined,
        here,
        silent: [...presence.silent, ...(shared?.silent ?? [])],
        open: recorder.open.filter((one) => one.id !== incident?.id).map(listedOpen),
        journal: { ...journal.state, allowed: allowed || undefined },
        relay: shared?.status,
        lost: shownLoss(incident && shared?.control.lossOf(incident.id)),
        alerts: alerts.raised,
        webhooks: webhooks.states,
        received,
        report: reporter.written,
        said,
      };
    };
    const keys = () => recorder.incident && keysOf(incidentContext(), recorder.incident);
    const show = () => {
      if (!isReady) return;
      const { incident } = recorder;
      const next = incidentContext();
      if (!toldContext || !isSameContext(toldContext, next)) {
        context.emit({ incidentContext: next });
        toldContext = next;
      }
      if (incident !== toldIncident) context.emit({ incident: incident ?? null });
      toldIncident = incident;
    };
    const say = (says: string, verdict: HealthStatus) => {
      said = { turn: (said?.turn ?? 0) + 1, says, verdict };
      show();
    };
    /** Writes. An entry that cannot be written is kept in memory, and the screen says so. */
    const record = async (event: Event, incident = recorder.incident?.id, automatic?: true): Promise<boolean> => {
      const outcome = await journal.append(event, incident, { automatic });
      if (!outcome.ok) say(`kept in memory only: ${outcome.fault.what}; ${outcome.fault.hint}`, 'critical');
      return outcome.ok;
    };

    const messenger = createMessenger({
      settings,
      source: `${scope.environment} ${scope.namespace}${scope.drill ? ` (drill ${scope.drill})` : ''}`,
      channels: fixed.channels,
      record,
      say,
      sent: () => void lookForArrivals(),
    });

    // Those of this journal are one person's own: whoever writes to a relay cannot silence them.
    const webhooks = createAlertWebhooks({
      ...{ settings, scope, say, host: journal.writer.host, incident: () => recorder.incident },
      leads: () => !observing && nearby.every((one) => one.observing || one.session > journal.writer.session),
    });

    const reporter = createReporter({
      settings,
      world: context.world,
      incidentContext,
      incident: () => recorder.incident,
      record,
      say,
      signal: context.signal,
    });

    const carryOut = async (what: IncidentCommand) => {
      if (what.do === 'follow') {
        await recorder.ready;
        recorder.follow(what.incident);
        return show();
      }
      const { incident } = recorder;
      if (what.do === 'notify' && incident && !observing && isInControl(incidentContext(), incident))
        return messenger.send(what, incident);
      const { trouble } = journal.state;
      if (what.do === 'allow-unrecorded' && trouble?.distrusted)
        return say(`not allowed: ${trouble.what}; ${trouble.hint}`, 'warning');
      if (what.do === 'allow-unrecorded' && !observing) recorder.allowUnrecorded(what.why);
      if (what.do === 'report') return incident ? reporter.write(incident) : say('no incident is open', 'warning');
      const loss = incident && shared?.control.lossOf(incident.id);
      const lost = loss && whyLost(loss);
      const known = { observing, world: context.world(), now: Date.now(), lost, keys: keys() };
      const situation = { incident, self: journal.writer, ...known };
      let order = decide(what, situation);
      if ('refused' in order) return say(order.refused, 'warning');
      if (what.do === 'control' && shared && incident) {
        const taken = await shared.control.take(incident);
        if (!taken.ok) return say(tookFirst(taken.by), 'warning');
        order = decide(what, { ...situation, taken });
        if ('refused' in order) return say(order.refused, 'warning');
      }
      if (order.incident) recorder.follow(order.incident);
      let written = true;
      // The last sample of the metrics comes before the resolution.
      if (what.do === 'resolve') for (const event of alerts.sample(context.world())) await record(event);
      for (const event of order.events)
        written = (await record(event, order.incident ?? recorder.incident?.id)) && written;
      if (what.do === 'open') await recordRaised();
      if (what.do === 'control') await recordInterrupted();
      const isHeard = incident === undefined || isAdmitted(incident, journal.writer);
      if (written) say(isHeard ? order.says : `${order.says}; ${waitsFor(incident)}`, isHeard ? 'ok' : 'warning');
      const ended = recorder.incident;
      if (ended && (what.do === 'mitigate' || what.do === 'resolve')) void reporter.measure(ended);
    };

    /** Alerts raised before the incident was opened belong to its timeline. */
    const recordRaised = () => Promise.all(alerts.opening(context.world()).map((event) => record(event)));

    /** The new controller records the outcome of runs whose cockpit ended. */
    const recordInterrupted = async () => {
      const { incident } = recorder;
      if (!incident) return;
      nearby = await presence.others(Date.now(), journal.writer.host);
      for (const event of interruptedRuns(incidentContext(), incident)) await record(event, incident.id, true);
    };

    const due = () => settled(recorder, observing, context.world());
    const settle = () => {
      if (due().length > 0) orders = orders.then(() => inTurn(due(), carryOut));
    };

    context.onWorld((world) => {
      if (!isReady) return;
      settle();
      const events = alerts.takeWorld(world);
      webhooks.take(events, alerts.raised, world.now);
      const incident = ownIncident(recorder, observing);
      for (const event of incident ? events : [])
        orders = orders.then(async () => {
          // An earlier command may have resolved it.
          if (ownIncident(recorder, observing)?.id === incident?.id) await record(event, incident?.id);
        });
      show();
    });
    let heard = '';
    const tellStrangers = strangersOnce((says) => say(says, 'warning'));
    journal.onNews(() => {
      const last = journal.entries.at(-1);
      // Trouble with the journal is shown on the screen, not only recorded.
      if (
        last &&
        last.id !== heard &&
        last.writer.session === journal.writer.session &&
        last.event.kind === 'journal'
      ) {
        heard = last.id;
        say(`journal: ${last.event.says}`, 'warning');
      }
      alerts.takeEntries(recorder.counting);
      tellStrangers(recorder.incident, journal.writer, keys());
      if (isReady) settle();
      show();
    });
    const renew = async () => {
      if (!isReady || journal.state.trouble) return;
      const { incident } = recorder;
      const driving = incident !== undefined && hasControl(incident.control, journal.writer);
      if (!observing) await presence.renew({ ...journal.writer, driving, observing, incident: incident?.id });
      nearby = await presence.others(Date.now(), journal.writer.host);
      const { session, user, name, host, key } = journal.writer;
      await shared?.renewPresence({ session, user, name, host, key, observing, incident: incident?.id, screen });
      tellStrangers(recorder.incident, journal.writer, keys());
      show();
    };
    /** Only a drill reports received messages. */
    const lookForArrivals = async () => {
      const { received: url } = settings.channels;
      if (scope.drill === undefined || url === undefined) return;
      received = (await readReceived(url)) ?? received;
      show();
    };
    const arriving = setInterval(() => void lookForArrivals(), arrivalsEvery);
    const renewing = setInterval(() => void renew(), renewEvery);
    const retrying = setInterval(() => {
      // Checked always: only a check detects that the file was truncated or removed.
      void journal.flush().then(show);
    }, retryEvery);
    shared?.listen({
      changed: show,
      told: (news) => {
        const { says, isGood } = controlSays(news, recorder.open);
        say(says, isGood ? 'ok' : 'critical');
      },
    });
    void recorder.ready.then(() => {
      isReady = true;
      shared?.start();
      const { incident } = recorder;
      if (incident)
        said = {
          turn: 1,
          says: `${severityName(incident.severity)} ${incident.title} is open: press i to show it`,
          verdict: 'warning',
        };
      show();
      return renew();
    });

    return {
      handle(command) {
        if (command.kind === 'looking') {
          screen = command.screen;
          void renew();
        }
        if (command.kind !== 'incident') return;
        // At once: what a person does next is recorded under this name.
        if (command.what.do === 'name')
          return void recorder.takeName(command.what.name).then((wrong) => (wrong ? say(wrong, 'warning') : show()));
        orders = orders
          .then(() => recorder.named)
          .then(() => carryOut(command.what))
          .catch((error: unknown) => say(String(error), 'critical'));
      },
      async stop() {
        clearInterval(renewing);
        clearInterval(arriving);
        clearInterval(retrying);
        webhooks.stop();
        await orders;
        await Promise.all([messenger.settled(), reporter.settled(), recorder.pending.settled()]);
        await journal.close();
        await shared?.stop();
        if (!observing) presence.leave();
      },
    };
  };
