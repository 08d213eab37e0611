import { redact, stripControl } from '../core/text/text.ts';

/** What is wrong with the configuration, where, and what would be right. Values are redacted. */
export type Problem = {
  /** Who said it: `/home/ops/.config/bentham-cockpit/config.yaml`, `env PGPORT`, `flag --set`. */
  source: string;
  /** In a file, from 1. */
  line?: number;
  /** The option's path: `kubernetes.namespace`. */
  option?: string;
  /** What was given, as text. */
  value?: string;
  /** What is wrong and what would be right. */
  right: string;
};

/** A problem in one line: `config.yaml:12: kubernetes.namespace = 5: must be text`. */
export function describeProblem({ source, line, option, value, right }: Problem): string {
  const where = line === undefined ? redact(source) : `${redact(source)}:${line}`;
  const what = [option === undefined ? undefined : redact(option), value]
    .filter((part) => part !== undefined)
    .join(' = ');
  return stripControl(what ? `${where}: ${what}: ${right}` : `${where}: ${right}`);
}

/** A given value as it may be shown: short, neutral, without secrets. */
export function shown(value: unknown, secret: boolean): string | undefined {
  if (value === undefined) return undefined;
  if (secret) return '•••';
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return stripControl(redact(text), 80);
}
