/** Names of fields are few, and come with every line. */
const mostNames = 10_000;

/** A question about a name, asked once for each name. */
export function remembered(ask: (name: string) => boolean): (name: string) => boolean {
  const answers = new Map<string, boolean>();
  return (name) => {
    const known = answers.get(name);
    if (known !== undefined) return known;
    const answer = ask(name);
    if (answers.size < mostNames) answers.set(name, answer);
    return answer;
  };
}
