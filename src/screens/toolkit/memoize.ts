/**
 * Keeps the last few results of a pure function by the identity of its arguments, so that a key pressed between two
 * updates does not sort five thousand pods again.
 */
export function memoize<A extends readonly unknown[], R>(make: (...args: A) => R, results = 4): (...args: A) => R {
  const memory: { args: A; result: R }[] = [];
  return (...args) => {
    const at = memory.findIndex((m) => m.args.length === args.length && m.args.every((a, i) => Object.is(a, args[i])));
    const hit = memory[at];
    if (hit) {
      if (at > 0) memory.unshift(...memory.splice(at, 1));
      return hit.result;
    }
    const result = make(...args);
    memory.unshift({ args, result });
    memory.length = Math.min(memory.length, results);
    return result;
  };
}

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
