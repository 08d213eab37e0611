// The report of the incident as it would be written now, to read, copy and write to a file.
import { severityName } from '../../core/incident/checklist.ts';
import { endedAt, type Incident, isOngoing } from '../../core/incident/incident.ts';
import { type PlainLine, plainLines } from '../../core/text/document.ts';
import { formatSince } from '../../core/text/format.ts';
import { minute } from '../../core/time.ts';
import { stepsNotNeeded } from '../../runbook/messages.ts';
import { markdownReport, type ReportOptions, reportBlocks, reportName } from '../../runbook/report.ts';
import type { State } from '../../store.ts';
import type { Row, Screen } from '../screen.ts';
import { bold, dim, type Line, line, span, wrap } from '../toolkit/line.ts';
import { send } from './asking.ts';
import { onlyObserves } from './offers.ts';

function optionsOf({ world }: State, incident: Incident): ReportOptions {
  const isOpen = isOngoing(incident);
  return {
    now: world.now,
    thresholds: world.scope.thresholds,
    notNeeded: isOpen ? stepsNotNeeded(incident, world) : [],
  };
}

const drawn = ({ text, as }: PlainLine): Line => {
  if (as === 'title' || as === 'heading') return line(bold(as === 'title' ? text : text.toUpperCase()));
  if (as === 'strong') return line(bold(text));
  if (as === 'code') return line(span(text, 'accent'));
  return line(as === 'dim' ? dim(text) : text);
};

let last: { incident: Incident; key: string; lines: readonly PlainLine[] } | undefined;

/** The lines, made once for an incident, a width and a minute. */
function linesOf(state: State, incident: Incident, columns: number): readonly PlainLine[] {
  const options = optionsOf(state, incident);
  // The durations of an open incident go on: made anew once a minute.
  const time = endedAt(incident) ?? Math.floor(options.now / minute);
  const key = `${columns} ${time} ${options.notNeeded?.join()}`;
  if (last?.incident !== incident || last.key !== key)
    last = { incident, key, lines: plainLines(reportBlocks(incident, options), columns) };
  return last.lines;
}

/** Where the last report of this incident was written, in full; or how to write it. */
function whereLines({ incidentContext, incident, world }: State, columns: number): readonly Line[] {
  const written = incidentContext?.report;
  if (!incident || written?.incident !== incident.id)
    return wrap(`> writes ${incident ? reportName(incident) : ''}.md to the current directory`, columns).map((part) =>
      line(dim(part)),
    );
  const says = `written ${formatSince(written.at, world.now)}: ${written.path}`;
  return wrap(says, columns).map((part) => line(span(part, 'ok')));
}

export const reportScreen: Screen = {
  id: 'report',
  title: () => 'REPORT',
  palette: 'incident report: read, copy, write to a file',
  also: 'export post-mortem postmortem summary impact save',
  view(state, _place, { columns }) {
    const { incident } = state;
    if (!incident) return { rows: [], empty: [line(dim('no incident is open; i opens one'))] };
    const rows = linesOf(state, incident, columns - 2).map(
      (one, at): Row => ({ id: String(at), text: one.text, draw: () => [drawn(one)] }),
    );
    return {
      says: line(dim(`${severityName(incident.severity)} ${incident.title}`)),
      head: [...whereLines(state, columns - 2), []],
      rows,
      selectable: false,
    };
  },
  keys: [
    {
      id: 'report-write',
      keys: ['>'],
      title: 'write',
      about: 'write the report in Markdown to a new private file in the current directory',
      footer: 11,
      unless: ({ state }) => (state.incident ? onlyObserves(state) : 'no incident is open'),
      run: () => [send({ do: 'report' })],
    },
    {
      id: 'report-copy',
      keys: ['y'],
      instead: ['copy'],
      title: 'copy',
      about: 'copy the report in Markdown',
      footer: 12,
      unless: ({ state }) => (state.incident ? undefined : 'no incident is open'),
      run: ({ state }) =>
        state.incident
          ? [
              {
                kind: 'copy',
                text: markdownReport(state.incident, optionsOf(state, state.incident)),
                what: 'the report',
              },
            ]
          : [],
    },
  ],
};
