// What an own command acts on: the thing that the marker is on, as its placeholders.
import type { Target } from '../../core/actions/action.ts';
import type { OwnWhere } from '../../core/actions/own/command.ts';
import { present } from '../../core/present.ts';
import { newest } from '../../core/world/reading.ts';
import type { Here } from '../screen.ts';
import { aboutOf } from '../toolkit/selectors.ts';

/** The values that the marked row, or the open screen, has. */
export function ownTarget(where: OwnWhere, { state, place, row }: Here): Target {
  const { readings } = state.world;
  const about = aboutOf(place, row);
  const pod = newest(readings.pods)?.value.find((p) => p.uid === about.pod || p.name === about.pod);
  switch (where) {
    case 'pod':
      return pod ? present({ pod: pod.name, deployment: pod.app || undefined, node: pod.node || undefined }) : {};
    case 'deployment':
      return present({ deployment: about.deployment ?? (pod?.app || undefined) });
    case 'study': {
      const study = newest(readings.studies)?.value.active.find(({ id }) => id === about.study);
      return present({ study: about.study, tenant: study?.tenant });
    }
    case 'session':
      return present({ pid: row?.target?.pid });
    case 'surface':
      return present({ surface: about.surface });
    case 'evidence':
      return present({ key: row?.target?.file ?? row?.target?.prefix });
    case 'everywhere':
      return {};
  }
}

/** The screens that show what a command is about; undefined: every screen. */
export const screensOf: Readonly<Record<OwnWhere, readonly string[] | undefined>> = {
  pod: ['pods', 'pod', 'deployment', 'node', 'cockpit'],
  deployment: ['deployment', 'pods', 'pod', 'cockpit'],
  study: ['studies', 'study', 'all-studies', 'jobs', 'cockpit'],
  session: ['sessions'],
  surface: ['surfaces', 'surface', 'cockpit'],
  evidence: ['evidence', 'evidence-study'],
  everywhere: undefined,
};
