// docs/keys.md, from the key table.
import { bindingsOf, globalBindings, listBindings } from '../src/keymap.ts';
import { screens } from '../src/screens/index.ts';
import { overlayKeys } from '../src/screens/overlays/overlay.ts';
import type { Binding } from '../src/screens/screen.ts';
import { showKey } from '../src/screens/shell/footer.ts';

const code = (key: string) => `\`${showKey(key).replaceAll('|', '\\|')}\``;

function table(bindings: readonly Binding[]): string {
  const rows = bindings.map((b) => `| ${b.keys.map(code).join(' ')} | ${b.title} | ${b.about} |`);
  return ['| key | | |', '| --- | --- | --- |', ...rows].join('\n');
}

/** Every key of every screen and dialog. */
export function keysManual(): string {
  const own = screens.flatMap((screen) => {
    const some = bindingsOf(screen).filter((b) => !listBindings.includes(b) && !globalBindings.includes(b));
    return some.length > 0 ? [`## ${screen.palette ?? screen.id}\n\n${table(some)}`] : [];
  });
  const above = Object.entries(overlayKeys).map(
    ([kind, keys]) => `| ${kind} | ${keys.map(([key, title]) => `\`${key}\` ${title}`).join(', ')} |`,
  );
  return `${[
    '# Keys',
    'Generated from the key table (`src/keymap.ts` and the screens) by `npm run docs`; `?` shows the keys of the current screen, and why a key does nothing now. `^x` is Ctrl and x.',
    `## Everywhere\n\n${table(globalBindings)}`,
    `## In a list\n\n${table(listBindings)}`,
    ...own,
    `## In dialogs and text fields\n\nIn a text field, letters are text. Pasted text goes into text fields only and never confirms.\n\n| | |\n| --- | --- |\n${above.join('\n')}\n| filter | \`enter\` apply, \`esc\` clear, \`↑↓\` move |\n| text field | \`^u\` clear, \`^w\` delete a word |`,
  ].join('\n\n')}\n`;
}
