// Whether the keys of own commands are free where they are offered.
import type { OwnCommand, OwnCommands } from '../../core/actions/own/command.ts';
import { bindingsOf } from '../../keymap.ts';
import { screens } from '../index.ts';
import { screensOf } from './target.ts';

const candidates: readonly string[] = [
  ...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!"#$%&\'()*+,-.;<=>@[]^_`{|}~',
  ...[...'abcdefghijklmnopqrstuvwxyz'].map((letter) => `ctrl-${letter}`),
];

/** What a terminal makes of these is another key: enter, tab, esc, and what ends a program or stops its output. */
const otherwise = ['ctrl-c', 'ctrl-h', 'ctrl-i', 'ctrl-j', 'ctrl-m', 'ctrl-q', 'ctrl-s', 'ctrl-z'];

const screensFor = ({ where }: Pick<OwnCommand, 'where'>): readonly string[] =>
  screensOf[where] ?? screens.map(({ id }) => id);

/** The title of the key that is taken on one of the screens, and where. */
function takenBy(key: string, on: readonly string[]): { title: string; screen: string } | undefined {
  for (const screen of screens.filter(({ id }) => on.includes(id))) {
    const binding = bindingsOf(screen).find(({ keys }) => keys.includes(key));
    if (binding) return { title: binding.title, screen: screen.id };
  }
  return undefined;
}

/** Keys that are free for a command, the letters first. */
export function freeKeys(command: Pick<OwnCommand, 'where'>): readonly string[] {
  const on = screensFor(command);
  return candidates.filter((key) => !otherwise.includes(key) && !takenBy(key, on));
}

/** With the keys that are not free among its problems: then none of its commands is offered. */
export function withFreeKeys(own: OwnCommands): OwnCommands {
  const all = own.withheld ?? own.commands;
  const problems = all.flatMap((command, at): string[] => {
    const { key, from, name } = command;
    if (key === undefined) return [];
    const say = (why: string) => [
      `${from}: ${name}.key = ${key}: ${why}; free: ${freeKeys(command).slice(0, 12).join(' ')}`,
    ];
    if (otherwise.includes(key)) return say('a terminal uses it for something else');
    const on = screensFor(command);
    const taken = takenBy(key, on);
    if (taken) return say(`is "${taken.title}" on the screen ${taken.screen}`);
    const other = all
      .slice(0, at)
      .find((one) => one.key === key && screensFor(one).some((screen) => on.includes(screen)));
    return other ? say(`is the key of ${other.name}, too`) : [];
  });
  return problems.length > 0 ? { ...own, commands: [], problems: [...own.problems, ...problems] } : own;
}
