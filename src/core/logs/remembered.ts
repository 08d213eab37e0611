/** Names of fields are few, and come with every line. */
const mostNames = 10_000;

/** A question about a name, asked once for each name. */
export function remembered<T>(ask: (name: string) => T): (name: string) => T {
  const answers = new Map<string, T>();
  return (name) => {
    const known = answers.get(name);
    if (known !== undefined || answers.has(name)) return known as T;
    const answer = ask(name);
    if (answers.size < mostNames) answers.set(name, answer);
    return answer;
  };
}
