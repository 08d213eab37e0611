// What the screen knows and what a key does, as types: the engine's slices, the open places, the dialogs, the intents.
import type { Lacking } from './core/actions/action.ts';
import type { Arming } from './core/actions/arming.ts';
import type { LoggedCommand } from './core/actions/command-log.ts';
import type { OwnCommands } from './core/actions/own/command.ts';
import type { Run } from './core/actions/run.ts';
import type { HealthStatus } from './core/health/status.ts';
import type { IncidentContext } from './core/incident/context.ts';
import type { Incident } from './core/incident/incident.ts';
import type { LogsShown } from './core/logs/log-view.ts';
import type { Query, QueryReadings } from './core/queries/query.ts';
import type { Shells } from './core/shell/session.ts';
import type { Ground, ThemeName } from './core/text/terminal-look.ts';
import type { Instant } from './core/time.ts';
import type { SignInOffer, SignIns } from './core/world/sign-in.ts';
import type { World } from './core/world/world.ts';
import type { Command, EngineState } from './engine/protocol.ts';
import type { Line } from './screens/toolkit/line.ts';

/** The position in one screen; kept while another is open above it. */
export type Place = {
  screen: string;
  /** Its subject: `{ study: 'study_abc123' }`. Empty for screens without one. */
  of: Readonly<Record<string, string>>;
  /** The row with the marker. */
  selected?: string;
  /**
   * The row that was last seen under the marker, whether a key put it there or not: the marker stays on it, and keys are
   * meant for it alone. Empty: no row was marked. Undefined: a key changed what is listed, and what it gave is not drawn.
   */
  seen?: string | undefined;
  /** Its index, so that the marker stays near when its row disappears. */
  at: number;
  /** The first visible row. */
  top: number;
  filter: string;
  /** How many characters of the filter stand behind the cursor; none if not said. */
  behind?: number;
  /** The filter's text field has the focus: letters are text. */
  filtering: boolean;
  /** Index into the screen's orders. */
  sort: number;
  /** The focused pane; the cockpit only. */
  pane?: string;
  /** The selected row of the panes that are not focused. */
  kept?: Readonly<Record<string, string>>;
};

/** A value to choose, and what it is. */
export type Option = { value: string; says?: string };

/** One thing to ask in a form. */
export type FormField = {
  name: string;
  ask: string;
  kind: 'text' | 'number' | 'choice';
  optional?: boolean;
  /** What it begins with. */
  value?: string;
  /** Completion, from live data. */
  choices?(state: State, values: Readonly<Record<string, string>>): readonly (string | Option)[];
  /** Why a text is wrong, asked while it is typed; undefined when it is valid. */
  wrong?(text: string, state: State): string | undefined;
  /** What a valid text means: a relative time as a date. */
  means?(text: string, state: State): string | undefined;
  /** What is allowed, the default and the present value; stands below the field. */
  hint?(state: State, values: Readonly<Record<string, string>>): string | undefined;
  /** Explains the field, on request. */
  help?: string;
  /** A text that people write: a note, a message. It can be written in an editor. */
  lines?: true;
  /** The query that its completion needs. */
  looks?(values: Readonly<Record<string, string>>): Query;
  /** Typed without echo. */
  secret?: boolean;
};

/** Asks for text. `submit` returns intents, or a complaint that is shown while the form stays open. */
export type Form = {
  title: string;
  fields: readonly FormField[];
  /** Shown above the fields. */
  lines?(state: State, columns: number): readonly Line[];
  submit(values: Readonly<Record<string, string>>, state: State): readonly Intent[] | string;
  /** The overlay that it was opened from, and returns to. */
  back?: Overlay;
};

/**
 * Asks before something happens. Cancel has the focus; Enter alone never accepts; pasted text never accepts; nothing
 * accepts before the text was seen to its end.
 */
export type Confirmation = {
  title: string;
  /** The title with its object, `Restart a deployment: api-gateway`, as soon as it is known. */
  heading?(state: State): string | undefined;
  /** Stands before the title, in red: that it cannot be undone, or only within limits. */
  danger?(state: State): string | undefined;
  /** Impact, calls, undo: what will be different. Scrolls when it is longer than the screen. */
  lines(state: State, columns: number): readonly Line[];
  /** `key`: y accepts. `type`: each text is typed, one after the other (target, then environment). */
  accept: { by: 'key'; word: string } | { by: 'type'; texts: readonly string[]; word: string };
  /** Why it cannot be accepted now: the plan expired, the state changed. */
  unless?(state: State): string | undefined;
  /** While it cannot be accepted: a key that removes the reason. A form returns here. */
  remedy?(state: State): Remedy | undefined;
  /** Another value: another text, to be read again. */
  version?(state: State): number | undefined;
  accepted(state: State): readonly Intent[];
  cancelled?(state: State): readonly Intent[];
};

/** A key that removes the reason why a confirmation cannot be accepted. */
export type Remedy = { key: string; title: string } & ({ form: Form } | { intents: readonly Intent[] });

/** How far a text was read: the lines before `to` of this version were seen. */
export type Read = { version: number | undefined; to: number };

/** One of several effects that are reviewed together. */
export type Switch = {
  id: string;
  title: string;
  /** What it sends or records, shown in full. */
  text?: string;
  /** The question that edits `text`; none: it cannot be edited. */
  edit?: string;
  /** `text` may be empty. */
  isOptional?: boolean;
  on: boolean;
  /** Cannot be switched off. */
  always?: true;
  /** Why it cannot be switched on. */
  unless?: string | undefined;
};

/** Effects to switch on and off, and what `y` does with those that are on. */
export type Review = {
  title: string;
  word: string | ((state: State) => string);
  /** Shown above the effects: what speaks against them. */
  lines?(state: State, columns: number): readonly Line[];
  /** Their state at opening; it does not change while one reads. */
  items(state: State): readonly Switch[];
  submit(on: readonly Switch[]): readonly Intent[];
};

/** The overlay above the screen; one at a time. */
export type Overlay =
  | { kind: 'none' }
  /** `on`: the id of the marked entry; it stays marked wherever it is listed by now. */
  | { kind: 'palette'; text: string; at: number; on?: string | undefined; behind?: number }
  /** `search`: only the keys with these words; while `typing`, letters are text. */
  | { kind: 'help'; top: number; search?: string; behind?: number; typing?: boolean }
  /** Text to read; esc closes. */
  | { kind: 'details'; title: string; lines(state: State, columns: number): readonly Line[]; top: number }
  | { kind: 'confirm'; ask: Confirmation; typed: readonly string[]; text: string; top: number; read?: Read }
  | { kind: 'switches'; review: Review; items: readonly Switch[]; at: number; read?: Read }
  | {
      kind: 'form';
      form: Form;
      values: Readonly<Record<string, string>>;
      at: number;
      chosen: number;
      /** The value of the chosen one: it stays chosen, wherever it is listed by now. */
      on?: string | undefined;
      /** How many characters stand behind the cursor; none if not said. */
      behind?: number;
      complaint?: string;
      /** The focused field is explained. */
      explains?: boolean;
    };

export type OverlayKind = Overlay['kind'];

/** A notice, shown once above the footer. */
export type Notice = { says: string; verdict: HealthStatus; until: Instant };

export type Ui = {
  /** From the cockpit (first) to the open screen (last); never empty. */
  stack: readonly [Place, ...Place[]];
  overlay: Overlay;
  notice?: Notice;
  /** The key that has just answered a question: it means nothing else until it was let go. */
  spent?: { key: string; until: Instant };
  theme: ThemeName;
  /** The terminal's background, as far as it is known. */
  ground: Ground;
  /** Glyphs are drawn in ASCII. */
  ascii: boolean;
  bell: boolean;
  /** What was chosen in the palette in this session, by title, the last one first. */
  recent?: readonly string[];
  /** The detail beside a list whose queries are asked: the marker has rested on its row. */
  beside?: Place;
  /** Clicks and the wheel are read; the terminal then selects text with shift only. */
  mouse: boolean;
  /** The current step of the drill's tour; absent without one. */
  tour?: number;
};

export type State = {
  world: World;
  queries: QueryReadings;
  /** The log on the screen. */
  logs?: LogsShown;
  engine: EngineState;
  /** Runs of actions, by id. */
  signIns?: SignIns;
  /** The program that has the terminal, and the port-forwards. */
  shells?: Shells;
  runs: { readonly [id: string]: Run };
  arming: Arming;
  /** Why actions cannot run from this machine; absent: not known yet. */
  lacking?: Lacking;
  commands: readonly LoggedCommand[];
  /** The user's own commands; absent: none. */
  own?: OwnCommands;
  /** How much of the journal has been read, from 0 to 1; absent: it is not long, or read. */
  journalRead?: number;
  /** Journal, alerts, people, channels; absent until the engine has read the journal. */
  incidentContext?: IncidentContext;
  /** The incident that is shown. */
  incident?: Incident;
  ui: Ui;
};

/** The effect of a key or a palette entry: a change of the screen, or a command to the engine or the terminal. */
export type Intent =
  /** Opens a screen above this one. */
  | { kind: 'open'; screen: string; of?: Readonly<Record<string, string>>; filter?: string; selected?: string }
  /** Changes what the open screen is about, or one of its options; undefined takes it away. */
  | { kind: 'adjust'; of: Readonly<Record<string, string | undefined>> }
  /** One level up: filter, then screen. */
  | { kind: 'back' }
  /** To the cockpit, one of its panes focused. */
  | { kind: 'home'; pane?: string }
  | { kind: 'move'; to: 'next' | 'previous' | 'half-down' | 'half-up' | 'page-down' | 'page-up' | 'first' | 'last' }
  | { kind: 'select'; row: string }
  /** The row under the marker counts as seen; empty: none is marked. */
  | { kind: 'seen'; row: string }
  /** `behind`: how many characters stand behind the cursor; none if not said. */
  | { kind: 'filter'; text: string; filtering: boolean; behind?: number }
  | { kind: 'sort' }
  | { kind: 'palette' }
  /** Remembers what was chosen in the palette. */
  | { kind: 'recent'; id: string }
  | { kind: 'help' }
  | { kind: 'details'; title: string; lines(state: State, columns: number): readonly Line[] }
  | { kind: 'confirm'; ask: Confirmation }
  | { kind: 'form'; form: Form }
  | { kind: 'switches'; review: Review }
  | { kind: 'overlay'; overlay: Overlay }
  | { kind: 'close' }
  /** The key answered a question: held or pressed again, it is not a key of the screen below. */
  | { kind: 'spent'; key: string }
  | { kind: 'notice'; says: string; verdict?: HealthStatus }
  | { kind: 'theme'; theme: ThemeName }
  | { kind: 'glyphs'; ascii: boolean }
  | { kind: 'mouse'; on: boolean }
  | { kind: 'bell'; on: boolean }
  /** Goes to a step of the tour; without a step it ends. */
  | { kind: 'tour'; step?: number }
  /** To the engine. */
  | { kind: 'send'; command: Command }
  /** To the terminal. `what` names what was copied. */
  | { kind: 'copy'; text: string; what: string }
  | { kind: 'terminal'; do: 'redraw' | 'suspend' | 'quit' }
  /** Writes the text of a form's field in the person's editor. */
  | { kind: 'terminal'; do: 'edit'; text: string; field: string; form: Form }
  /** Gives the terminal to a program until it ends. */
  | { kind: 'terminal'; do: 'sign-in'; offer: SignInOffer };
