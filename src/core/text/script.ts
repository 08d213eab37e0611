// Commands that are safe to paste into a shell.

/** What a person has to fill in: `<study>`. A shell would read a file's name in it. */
const placeholder = /<[a-z][a-z.-]*>/g;

/** The placeholders of a text: `<study>`, `<file>`. */
export function placeholdersIn(text: string): readonly string[] {
  return [...new Set(text.match(placeholder) ?? [])];
}

/**
 * A line for each command. What has something to be filled in is a comment that says so: it never runs as it is.
 * `inOrder`: each needs the one before it. The shell then reads all of them before it runs the first, and stops at the
 * first that fails, without leaving the session.
 */
export function script(commands: readonly string[], { inOrder = false }: { inOrder?: boolean } = {}): string {
  const first = commands.findIndex((command) => placeholdersIn(command).length > 0);
  const lines = commands.map((command, at) => {
    const missing = placeholdersIn(command);
    if (missing.length > 0) return `# fill in ${missing.join(' and ')}: ${command}`;
    return inOrder && first >= 0 && at > first ? `# then: ${command}` : command;
  });
  return inOrder && lines.length > 1 && first !== 0 ? ['(', 'set -e', ...lines, ')'].join('\n') : lines.join('\n');
}

/** What was copied: the command, or how many, and the placeholders to fill in. */
export function scriptSays(commands: readonly string[]): string {
  const [command = ''] = commands;
  const missing = placeholdersIn(commands.join(' '));
  const what = commands.length > 1 ? `${commands.length} commands` : command;
  return missing.length > 0 ? `${what} (fill in ${missing.join(' and ')})` : what;
}
