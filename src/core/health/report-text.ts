// The report as text: a table, or one line for a prompt or a status bar. Pure.

import { formatAge, formatInstant, formatSince } from '../text/format.ts';
import { fit, width, wrap } from '../text/text.ts';
import { type Area, areas, type Finding } from './evaluate.ts';
import type { IncidentReport, Report } from './report.ts';
import { glyph, type HealthStatus } from './status.ts';

export type TextOptions = {
  /** Also what is fine, by area. */
  all: boolean;
  /** Columns of the terminal; Infinity where nobody has to read it in columns. */
  columns: number;
  colour: boolean;
};

const sgr: Record<HealthStatus, string> = { ok: '32', unknown: '35', warning: '33', critical: '31' };
const words: Record<HealthStatus, string> = { ok: 'OK', unknown: 'UNKNOWN', warning: 'WARNING', critical: 'CRITICAL' };

const areaTitles: Record<Area, string> = {
  gateway: 'Gateway',
  pods: 'Pods and deployments',
  database: 'Database',
  redis: 'Redis',
  metrics: 'Metrics',
  surfaces: 'Surfaces, last hour',
  studies: 'Studies',
  backups: 'Backups',
};

/** `2 critical, 1 warning, 1 unknown`; empty when all is fine. */
export function countsInWords({ counts }: Pick<Report, 'counts'>): string {
  const named = (['critical', 'warning', 'unknown'] as const).filter((verdict) => counts[verdict] > 0);
  return named.map((verdict) => `${counts[verdict]} ${verdict}`).join(', ');
}

/** The report as lines: what is not fine, worst first; with `all` everything, a table per area. */
export function reportText(report: Report, options: TextOptions): string {
  const { findings, verdict } = report;
  const paint = (as: HealthStatus, text: string) => (options.colour ? `\u001b[${sgr[as]}m${text}\u001b[0m` : text);
  const head = [
    paint(verdict, `${glyph[verdict]} ${words[verdict]}`),
    [report.drill ? `DRILL ${report.drill}` : '', report.environment].filter(Boolean).join('  '),
    formatInstant(Date.parse(report.at)),
    countsInWords(report),
  ];
  const lines = [head.filter(Boolean).join('  '), ...incidentLines(report, options.columns)];
  const subjects = Math.min(24, Math.max(10, ...findings.map(({ subject }) => width(subject))));
  const rows = (some: readonly Finding[]) => some.flatMap((one) => row(one, subjects, options, paint));
  if (options.all)
    for (const area of areas) {
      const here = findings.filter((finding) => finding.area === area);
      if (here.length > 0) lines.push('', areaTitles[area], ...rows(here));
    }
  else {
    const shown = findings.filter(({ verdict: is, told }) => is !== 'ok' || told);
    lines.push(...rows(shown));
    const fine = findings.length - shown.length;
    const others = fine === findings.length ? `all ${fine}` : `${fine} other`;
    if (fine > 0)
      lines.push(
        `${paint('ok', glyph.ok)} ${others} ${fine === 1 ? 'check passes' : 'checks pass'} (details: status --all)`,
      );
  }
  return lines.join('\n');
}

/** `incident SEV1 API down, open since 03:02:07Z (12 m 0 s), commander ana`, one for each; or that they are unknown. */
function incidentLines({ incidents = [], journalFault, at, environment }: Report, columns: number): string[] {
  const now = Date.parse(at);
  const room = Math.max(24, columns);
  const says = (one: IncidentReport) => {
    const opened = Date.parse(one.openedAt);
    return [
      `incident ${one.severity} ${one.title}${one.environment === environment ? '' : ` in ${one.environment}`}`,
      `open since ${formatSince(opened, now)} (${formatAge(now - opened)})`,
      one.mitigatedAt === undefined ? '' : `mitigated ${formatSince(Date.parse(one.mitigatedAt), now)}`,
      one.commander.length > 0 ? `commander ${one.commander.join(' and ')}` : 'no commander',
    ]
      .filter(Boolean)
      .join(', ');
  };
  const unread = journalFault ? [`incidents unknown: ${journalFault.what}; ${journalFault.hint}`] : [];
  return [...incidents.map(says), ...unread].flatMap((text) => {
    const [first = '', ...rest] = wrap(text, room - 2);
    return [first, ...rest.map((line) => `  ${line}`)];
  });
}

/** One finding: in one line where it fits, else its remedy, then its words go on below. */
function row(
  { verdict, subject, says, remedy }: Finding,
  subjects: number,
  { columns, colour }: TextOptions,
  paint: (as: HealthStatus, text: string) => string,
): string[] {
  const dim = (text: string) => (colour ? `\u001b[2m${text}\u001b[0m` : text);
  const indent = ' '.repeat(subjects + 4);
  const room = Math.max(24, columns - indent.length);
  const begin = `${paint(verdict, glyph[verdict])} ${fit(subject, subjects)}  `;
  if (!remedy || width(says) + 3 + width(remedy) <= room) {
    const [first = '', ...rest] = wrap(says, room);
    return [`${begin}${first}${remedy ? `   ${dim(remedy)}` : ''}`, ...rest.map((line) => indent + line)];
  }
  const [first = '', ...rest] = wrap(says, room);
  return [`${begin}${first}`, ...rest.map((line) => indent + line), ...wrap(remedy, room).map((l) => indent + dim(l))];
}

const brief: Record<HealthStatus, string> = { ok: 'OK', unknown: 'UNKN', warning: 'WARN', critical: 'CRIT' };

/**
 * For a tmux status bar or a prompt: `● prod CRIT gateway 503 unhealthy · api-gateway 1/3 ready`, at most `columns`.
 * Without what they read as orders (tmux `#[…]` and `#(…)`, a shell's `$(…)`, `\`…`): the words come from outside.
 */
export function reportLine(report: Report, columns = 100): string {
  return lineOf(report, columns).replace(/[#$`\\]/g, '');
}

function lineOf(report: Report, columns: number): string {
  const { verdict, findings, counts } = report;
  const environment = report.environment.toLowerCase().replace(/^production$/, 'prod');
  const named = report.drill ? `DRILL ${environment}` : environment;
  const begin = `${glyph[verdict]} ${named} ${brief[verdict]}${incidentShortly(report)}`;
  if (verdict === 'ok') return `${begin} ${counts.ok} checks`;
  let line = begin;
  const bad = findings.filter((finding) => finding.verdict !== 'ok');
  for (const [index, finding] of bad.entries()) {
    const rest = bad.length - index;
    const next = `${line}${index === 0 ? ' ' : ' · '}${finding.subject} ${shortly(finding)}`;
    const more = rest > 1 ? ` · +${rest - 1}` : '';
    if (index > 0 && width(next + more) > columns) return `${line} · +${rest}`;
    line = next;
  }
  return width(line) > columns ? fit(line, columns) : line;
}

/** ` (SEV1 open 12 m 0 s)`, the newest; with how many more there are. */
function incidentShortly({ incidents = [], at }: Report): string {
  const [newest, ...others] = incidents;
  if (!newest) return '';
  const age = formatAge(Date.parse(at) - Date.parse(newest.openedAt));
  return ` (${newest.severity} ${newest.mitigatedAt === undefined ? 'open' : 'mitigated, open'} ${age}${others.length > 0 ? `, +${others.length}` : ''})`;
}

function shortly({ short, says }: Finding): string {
  const text = short ?? says;
  return width(text) > 40 ? fit(text, 40) : text;
}
