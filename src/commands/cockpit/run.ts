// Opens the screen: draws first, then starts the engine's thread; gives the terminal back however it ends.

import { randomUUID } from 'node:crypto';
import { render } from 'ink';
import { createElement } from 'react';
import { App, type Ports, type Release } from '../../app.tsx';
import { tell } from '../../config/output.ts';
import { scopeOf } from '../../config/scope.ts';
import type { Settings } from '../../config/settings.ts';
import type { OwnCommands } from '../../core/actions/own/command.ts';
import { notificationWay } from '../../core/text/notification.ts';
import { answersColours, coloursOf, displayOf, groundIn } from '../../core/text/terminal-look.ts';
import { type Ms, second } from '../../core/time.ts';
import { debugLog } from '../../disk/debug-log.ts';
import type { Engine } from '../../engine/protocol.ts';
import { startEngine } from '../../engine/worker-client.ts';
import { followLogs } from '../../screens/logs/follow.ts';
import { withFreeKeys } from '../../screens/own/keys.ts';
import {
  type Attention,
  attention,
  followMoved,
  followScreen,
  followSecrets,
  followShells,
  openJoined,
  syncQueries,
} from '../../screens/shell/effects.ts';
import { news, type Told } from '../../screens/shell/news.ts';
import { followTour } from '../../screens/shell/tour.ts';
import { createCockpitStore, initialState, type Notice, noticeStays, placeAt, take } from '../../store.ts';
import { exitWith } from '../exit.ts';
import { type Edited, editText } from './editor.ts';
import { thrift } from './heaps.ts';
import { Keyboard } from './keyboard.ts';
import { shellHost } from './shells.ts';
import { Terminal } from './terminal.ts';
import { TerminalRows } from './terminal-rows.ts';

/** Why the full screen cannot be opened here, or undefined when it can. */
export function whyNoScreen(): string | undefined {
  if (!process.stdin.isTTY) return 'standard input is not a terminal';
  if (!process.stdout.isTTY) return 'standard output is not a terminal';
  if (process.env.TERM === 'dumb') return 'this terminal (TERM=dumb) cannot show a full screen';
  return undefined;
}

/** A frame that took longer than this is in the debug log. */
const slowFrame = 50;

/** How the screen opens. */
export type CockpitOptions = {
  colour?: boolean;
  /** The screen it opens with. */
  start?: string;
  /** The id of the incident that it shows. */
  follow?: string;
  /** Shows the drill's tour. */
  tour?: boolean;
  /** Opens the incident on the relay, if it is the only one. */
  joins?: boolean;
};

/** What the terminal has not said within this, it will not say. */
const answersWithin: Ms = second;

/** What is said first: that none of the own commands is offered. */
function ownNotice({ problems, file = 'commands.yaml' }: OwnCommands): Notice | undefined {
  if (problems.length === 0) return undefined;
  const says = `own commands are off: ${file} has errors; see \`config check\``;
  return { says, verdict: 'warning', until: Date.now() + 2 * noticeStays };
}

/** Ends even if something hangs. */
const patience = 4 * second;

/**
 * Runs until the person quits or a signal comes; gives the exit code when the terminal is given back and nothing of the
 * engine is left. The caller then ends the process.
 */
export async function runCockpit(
  settings: Settings,
  { colour = true, start, follow, tour, joins = false }: CockpitOptions = {},
): Promise<number> {
  debugLog.becomeMain();
  const terminal = new Terminal(process.stdin, process.stdout);
  const first = initialState(scopeOf(settings), Date.now(), displayOf(settings.display, process.env));
  const own = settings.own && withFreeKeys(settings.own);
  const notice = own && ownNotice(own);
  const stack = start ? ([first.ui.stack[0], placeAt(start)] as const) : first.ui.stack;
  const store = createCockpitStore({ ...first, own, ui: { ...first.ui, stack, notice, tour: tour ? 0 : undefined } });
  let engine: Engine | undefined;
  let leave: (code: number, why?: unknown) => void = () => {};
  const left = new Promise<{ code: number; why?: unknown }>((resolve) => {
    leave = (code, why) => {
      debugLog.write(why === undefined ? 'info' : 'error', 'leave', { code, error: why });
      resolve({ code, why });
    };
  });
  let release: Release = (away) => away();
  let lent = false;
  let suspendAgain = false;
  /** Settled when the terminal owes no answer: what reads from it next would take the answer for keys. */
  let owed = Promise.resolve();
  const lend = (away: () => Promise<void>) => {
    lent = true;
    owed
      .then(() => release(away))
      .catch((error: unknown) => leave(1, error))
      .finally(() => {
        lent = false;
        if (suspendAgain) suspend();
      });
  };
  const suspend = () => {
    // The screen is back a moment before the terminal is: a key that is pressed between is not lost.
    suspendAgain = lent;
    if (!lent) lend(() => terminal.suspend());
  };
  /** What ends a sign-in, while one has the terminal. */
  let signInEnds: { turn: string; done: () => void } | undefined;
  const shells = shellHost(
    terminal,
    (command) => engine?.send(command),
    (away) => {
      if (lent) return false;
      lend(away);
      return true;
    },
  );
  const signIn: Ports['signIn'] = ({ id, name, command }) => {
    if (lent || !engine) return;
    const { environment } = scopeOf(settings);
    const says = `bentham-cockpit ${environment}: sign in: ${name}\n${command} has the terminal; ctrl-c ends it`;
    const away = () =>
      new Promise<void>((done) => {
        signInEnds = { turn: randomUUID(), done };
        engine?.send({ kind: 'sign-in', id, turn: signInEnds.turn });
      });
    lend(() => terminal.handOver(says, away).finally(() => (signInEnds = undefined)));
  };
  let editing = false;
  const edit: Ports['edit'] = (text) =>
    new Promise((resolve) => {
      if (lent) return resolve({ failed: 'the terminal is in use' });
      let written: Edited = { failed: 'the editor did not start' };
      editing = true;
      const away = async () => {
        written = await editText(text);
      };
      const says = 'bentham-cockpit: the editor has the terminal; save and close it to return';
      lend(() =>
        terminal.handOver(says, away).finally(() => {
          editing = false;
          resolve(written);
        }),
      );
    });
  const keyboard = new Keyboard(process.stdin);
  const rows = new TerminalRows(process.stdout);
  /** Asks for the background. What it is repaints once; who gets no answer keeps what the environment says. */
  const askGround = () =>
    new Promise<void>((resolve) => {
      const late = setTimeout(resolve, answersWithin);
      keyboard.answered = (answer) => {
        const ground = groundIn(answer);
        if (ground === undefined) return;
        clearTimeout(late);
        keyboard.answered = () => {};
        const state = store.getState();
        if (ground !== state.ui.ground) store.setState({ ...state, ui: { ...state.ui, ground } }, true);
        resolve();
      };
      terminal.askGround();
    });
  const ports: Ports = {
    mouse: (listener) => {
      keyboard.mouse = listener;
    },
    rows,
    send: (command) => engine?.send(command),
    copy: (text) => terminal.copy(text),
    redraw: () => {
      screen.clear();
      terminal.wipe();
      // The same state once more: drawn now, not with the next news.
      store.setState((state) => ({ ...state }), true);
    },
    suspend,
    signIn,
    edit,
    lend: (by) => {
      release = by;
    },
    quit: () => leave(0),
    now: () => performance.now(),
    colours: colour ? coloursOf(process.env) : 0,
  };

  const signals = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 } as const;
  // What the keyboard sends goes to all who share the terminal: while another program has it, it is meant for that.
  const byKey = ['SIGINT', 'SIGQUIT'];
  const isAway = () => signInEnds !== undefined || editing || shells.isAway;
  for (const [signal, code] of Object.entries(signals))
    process.on(signal, () => {
      if (!isAway() || !byKey.includes(signal)) leave(code);
    });
  process.on('SIGTSTP', () => (isAway() ? process.kill(process.pid, 'SIGSTOP') : suspend()));
  // Stopped by force and brought back: the shell has had the terminal meanwhile.
  process.on('SIGCONT', () => {
    if (!lent) lend(async () => terminal.askMouse());
  });
  const size = () => debugLog.info('terminal', { columns: process.stdout.columns, rows: process.stdout.rows });
  size();
  process.stdout.on('resize', size);
  process.on('uncaughtException', (error) => leave(1, error));
  process.on('unhandledRejection', (error) => leave(1, error));
  // A terminal that went away: writing fails, reading ends.
  process.stdout.on('error', () => leave(signals.SIGHUP));
  process.stdin.on('end', () => leave(signals.SIGHUP)).on('error', () => leave(signals.SIGHUP));

  terminal.open();
  const followMouse = ({ ui }: { ui: { mouse: boolean } }) => {
    keyboard.reports = ui.mouse;
    terminal.mouse(ui.mouse);
  };
  followMouse(store.getState());
  store.subscribe(followMouse);
  const screen = render(createElement(App, { store, ports }), {
    stdout: rows.stdout,
    stdin: keyboard,
    alternateScreen: true,
    maxFps: 120,
    exitOnCtrlC: false,
    patchConsole: true,
    interactive: true,
    onRender: ({ renderTime }) => {
      rows.rendered();
      logSlow('frame', renderTime);
    },
  });
  screen.waitUntilExit().catch((error: unknown) => leave(1, error));
  // A terminal that takes nothing from the start keeps no signal away.
  await Promise.race([screen.waitUntilRenderFlush(), left]);

  if (ports.colours > 0 && answersColours(process.env)) owed = askGround();

  // Only now: a thread that starts takes time from the first frame.
  engine = startEngine(settings);
  const stops = [joins ? openJoined(store) : () => {}, thrift(store)];
  if (follow !== undefined) engine.send({ kind: 'incident', what: { do: 'follow', incident: follow } });
  stops.push(
    syncQueries(store, ports.send),
    settings.incident.relay ? followScreen(store, ports.send) : () => {},
    followMoved(store),
    followTour(store),
    followShells(store),
    followSecrets(store, ports.send),
    followLogs(store, ports.send),
  );
  let attentive: Attention | undefined;
  const way = notificationWay(settings.display.notification, process.env);
  let told: Told | undefined;
  engine.subscribe((update) => {
    const begun = performance.now();
    if (update.engine) debugLog.info('engine', update.engine);
    store.setState(take(store.getState(), update), true);
    shells.take(update.shells?.session, update.engine?.state === 'failed');
    const isOver = update.signIns?.ended?.turn === signInEnds?.turn || update.engine?.state === 'failed';
    if (isOver) signInEnds?.done();
    attentive = attention(store.getState(), attentive);
    terminal.title(attentive.title);
    if (attentive.rings) terminal.bell();
    const heard = news(store.getState(), told);
    told = heard.told;
    if (heard.notification && way) terminal.notify(way, heard.notification);
    logSlow('update', performance.now() - begun);
  });

  const { code, why } = await left;
  const late = setTimeout(() => exitWith(code, true), patience).unref();
  for (const stop of stops) stop();
  await owed;
  screen.unmount();
  const stopped = engine.stop();
  await terminal.close();
  if (why !== undefined) {
    const says = why instanceof Error ? (why.stack ?? why.message) : String(why);
    tell(`bentham-cockpit crashed; the crash changed nothing on the platform.\n${says}`);
  }
  await stopped;
  // The caller may have something to ask.
  clearTimeout(late);
  return code;
}

function logSlow(what: 'frame' | 'update', took: Ms): void {
  if (took > slowFrame) debugLog.warn('slow', { what, took: Math.round(took) });
}
