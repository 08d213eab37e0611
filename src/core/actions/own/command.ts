// A command of the user's own, as commands.yaml declares it and config/own-commands has checked it. Plain data.
import type { Ms } from '../../time.ts';
import type { Risk } from '../action.ts';

/** What a command is about: where it is offered, and which placeholders it may have. */
export const ownWheres = ['pod', 'deployment', 'study', 'session', 'surface', 'evidence', 'everywhere'] as const;
export type OwnWhere = (typeof ownWheres)[number];

export type OwnArgv = readonly [string, ...string[]];

/** What proves it afterwards: a command that exits with 0, or findings of `status --all` that are ok. */
export type OwnVerify = { command: OwnArgv; within: Ms } | { check: string; within: Ms };

export type OwnCommand = {
  /** Letters, digits and dashes; no action is called so. */
  name: string;
  /** For list and palette; the name where none is given. */
  title: string;
  where: OwnWhere;
  command: OwnArgv;
  /** A command that only reads; the plan shows its output. */
  look?: OwnArgv | undefined;
  /** Its output is a precondition: nothing runs if it differs when the command is confirmed. */
  lookUnchanged?: true | undefined;
  risk: Risk;
  /** Shown as a warning on the plan. */
  confirm?: string | undefined;
  verify?: OwnVerify | undefined;
  /** How to undo it, in words. */
  undo?: string | undefined;
  key?: string | undefined;
  /** Environment variables that its programs get in addition to the common ones: names, or prefixes such as `AWS_*`. */
  environment: readonly string[];
  directory?: string | undefined;
  within: Ms;
  /** `~/.config/bentham-cockpit/commands.yaml:12`. */
  from: string;
};

/** The commands of a file, or why none is offered. `problems`: each in a line, with file and line number. */
export type OwnCommands = {
  commands: readonly OwnCommand[];
  file?: string | undefined;
  problems: readonly string[];
  /** Those that are right by themselves, where others are not. */
  withheld?: readonly OwnCommand[] | undefined;
};

export const noOwnCommands: OwnCommands = { commands: [], problems: [] };
