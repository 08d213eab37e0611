// The containers of a namespace whose logs there are.
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { type ApiObject, count, items } from '../kubernetes/api-object.ts';

export type ContainerOf = { pod: string; container: string; previous: boolean };

/** The logs of one pod: those of its last instances first, as they go first. */
export function logsOf({ metadata, spec, status }: ApiObject<V1Pod>): readonly ContainerOf[] {
  const pod = metadata?.name;
  if (typeof pod !== 'string' || pod === '') return [];
  const statuses = [
    ...items(status?.initContainerStatuses),
    ...items(status?.containerStatuses),
    ...items(status?.ephemeralContainerStatuses),
  ];
  const all = [...items(spec?.initContainers), ...items(spec?.containers), ...items(spec?.ephemeralContainers)];
  return all.flatMap(({ name: container }) => {
    if (typeof container !== 'string' || container === '') return [];
    const own = statuses.find(({ name }) => name === container);
    const current = { pod, container, previous: false };
    if (!hasBegun(own)) return [];
    return count(own?.restartCount) > 0 ? [{ pod, container, previous: true }, current] : [current];
  });
}

/** A container that never ran has no log. */
function hasBegun(status: ApiObject<V1ContainerStatus> | undefined): boolean {
  if (!status) return false;
  const { state, lastState, restartCount } = status;
  return Boolean(state?.running || state?.terminated || lastState?.terminated) || count(restartCount) > 0;
}
