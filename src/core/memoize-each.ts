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
