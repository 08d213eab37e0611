// The options of `logs` are short for a filter as one types it on the log screen.
import { fieldClause } from '../../core/logs/log-filter.ts';

export type LogsOptions = {
  deployment?: string;
  selector?: string;
  pod?: string;
  container?: string;
  level?: string;
  field?: readonly string[];
  study?: string;
  request?: string;
  tenant?: string;
  surface?: string;
  grep?: readonly string[];
  exclude?: readonly string[];
  filter?: string;
  since: string;
  tail?: number;
  previous?: boolean;
  follow?: boolean;
  json?: boolean;
  local?: boolean;
};

/** The options as the filter that they are short for. */
export function filterText(options: Omit<LogsOptions, 'since'>): string {
  const quoted = (text: string) => (/^\/.+\/[imsu]*$/.test(text) ? text : `"${text.replace(/(["\\])/g, '\\$1')}"`);
  const field = (name: string, value: string | undefined) => (value === undefined ? [] : [fieldClause(name, value)]);
  return [
    ...field('level', options.level),
    ...(options.field ?? []).flatMap((pair) => {
      const at = pair.indexOf('=');
      return at > 0 ? [fieldClause(pair.slice(0, at), pair.slice(at + 1))] : [`${pair}=`];
    }),
    ...field('study', options.study),
    ...field('request', options.request),
    ...field('tenant', options.tenant),
    ...field('surface', options.surface),
    ...(options.grep ?? []).map(quoted),
    ...(options.exclude ?? []).map((text) => `-${quoted(text)}`),
    ...(options.filter ? [options.filter] : []),
  ].join(' ');
}
