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

/**
 * An object that is made when something else of it is read than what is `known` of it already. For readers of its
 * properties: a copy of it has only what is known.
 */
export function lazily<T extends object>(make: () => T, known: Partial<T> = {}): T {
  return new Proxy(known, {
    get: (_, key) => Reflect.get(key in known ? known : make(), key),
  }) as T;
}
