// Terminal input as key names: `j`, `G`, `down`, `ctrl-d`, `enter`, `space`.

/** The parts of Ink's key event that are used here. */
export type InkKey = {
  upArrow: boolean;
  downArrow: boolean;
  leftArrow: boolean;
  rightArrow: boolean;
  pageDown: boolean;
  pageUp: boolean;
  home: boolean;
  end: boolean;
  return: boolean;
  escape: boolean;
  tab: boolean;
  backspace: boolean;
  delete: boolean;
  ctrl: boolean;
  shift: boolean;
  meta: boolean;
};

const named: readonly (readonly [keyof InkKey, string])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageDown', 'pagedown'],
  ['pageUp', 'pageup'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['backspace', 'backspace'],
  ['delete', 'backspace'],
];

/** The keys of one input event: keys typed ahead arrive together and are taken one by one. */
export function keysOf(input: string, key: InkKey): string[] {
  if (key.tab) return [key.shift ? 'shift-tab' : 'tab'];
  for (const [flag, name] of named) if (key[flag]) return [name];
  if (key.escape && input === '') return ['esc'];
  if (key.ctrl && input.length === 1) return [`ctrl-${input.toLowerCase()}`];
  const keys = [...input].flatMap(ofCharacter);
  // Esc and a letter in quick succession look like Alt and the letter.
  return key.meta || key.escape ? ['esc', ...keys] : keys;
}

function ofCharacter(character: string): string[] {
  const code = character.codePointAt(0) ?? 0;
  if (character === ' ') return ['space'];
  if (character === '\r' || character === '\n') return ['enter'];
  if (character === '\t') return ['tab'];
  if (code === 27) return ['esc'];
  if (code === 127 || code === 8) return ['backspace'];
  if (code < 27 && code > 0) return [`ctrl-${String.fromCharCode(code + 96)}`];
  return code < 32 ? [] : [character];
}
