// A configuration file with every option, its default and its meaning, commented out: the file without the first # of
// each line is valid YAML.
import { stringify } from 'yaml';
import { type Option, options, sections } from './options.ts';

const comment = (text: string, indent: string) => (text ? [`${indent}# ${text.replaceAll('\n', ' ')}`] : []);

function optionLines({ path, default: value, about, right, kind, secret }: Option): readonly string[] {
  const indent = '  '.repeat(path.split('.').length - 1);
  const name = path.split('.').at(-1) ?? '';
  const shown = value === undefined ? '' : ` ${stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim()}`;
  const says = [
    about,
    kind === 'text' || about === right ? '' : right,
    secret ? 'secret: better in the environment' : '',
  ];
  return [...comment(says.filter(Boolean).join('; '), indent), `${indent}${name}:${shown}`];
}

/**
 * Every section and every option, in the schema's order, commented out. `set`: what stands before them and counts, as
 * YAML; without it the file changes nothing.
 */
export function exampleConfiguration(set = ''): string {
  const lines: string[] = [];
  const opened = new Set<string>();
  for (const option of options.values()) {
    const parents = option.path.split('.').slice(0, -1);
    for (const [depth, name] of parents.entries()) {
      const path = parents.slice(0, depth + 1).join('.');
      if (opened.has(path)) continue;
      opened.add(path);
      const indent = '  '.repeat(depth);
      lines.push('', ...comment(sections.get(path)?.about ?? '', indent), `${indent}${name}:`);
    }
    lines.push(...optionLines(option));
  }
  return `# Configuration of bentham-cockpit: ~/.config/bentham-cockpit/config.yaml
# Every option with its default; remove the first # of a line, and of the sections above it, to set it.
# "bentham-cockpit config check" names mistakes.
${set}
${lines.map((text) => (text === '' ? '' : `#${text}`)).join('\n')}
`;
}
