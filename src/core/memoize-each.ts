/** Keeps the result of a pure function for as long as its argument lives: for example the text of one pod among thousands. */
export function memoizeEach<T extends object, R>(make: (of: T) => R): (of: T) => R {
  const memory = new WeakMap<T, R>();
  return (of) => {
    const known = memory.get(of);
    if (known !== undefined) return known;
    const made = make(of);
    memory.set(of, made);
    return made;
  };
}

/**
 * Keeps what a pure function made of the last texts, at most `most`. What thousands of objects say alike takes the room
 * of one.
 */
export function memoizeText<R>(make: (text: string) => R, most = 2000): (text: string) => R {
  const memory = new Map<string, R>();
  return (text) => {
    const known = memory.get(text);
    if (known !== undefined) return known;
    const made = make(text);
    if (memory.size >= most) memory.clear();
    memory.set(text, made);
    return made;
  };
}
