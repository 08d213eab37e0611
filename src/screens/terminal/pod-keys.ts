// Keys on whatever shows a pod: its shell, its ports, its last words, and the YAML of what the marker is on.
import { type Instant, type Ms, minute } from '../../core/time.ts';
import type { Pod } from '../../core/world/facts.ts';
import { newest } from '../../core/world/reading.ts';
import type { Intent } from '../../store.ts';
import { openLogs } from '../logs/view.ts';
import type { Binding, Here } from '../screen.ts';
import { aboutOf } from '../toolkit/selectors.ts';
import { openForward } from './forward-form.ts';
import { openPodShell, whyNoShell } from './session.ts';

/** The pod that the marker, or the open screen, is on. */
export function podOf({ state, place, row }: Pick<Here, 'state' | 'place' | 'row'>): Pod | undefined {
  const { pod } = aboutOf(place, row);
  if (pod === undefined) return undefined;
  return newest(state.world.readings.pods)?.value.find((p) => p.uid === pod || p.name === pod);
}

const noPod = (here: Here): string | undefined => (podOf(here) ? undefined : 'no pod is selected');

const withPod =
  (run: (pod: Pod, here: Here) => readonly Intent[]) =>
  (here: Here): readonly Intent[] => {
    const pod = podOf(here);
    return pod ? run(pod, here) : [];
  };

/** `container/app`: the container that the marker is on. */
const containerAt = ({ row }: Here): string | undefined =>
  row?.id.startsWith('container/') ? row.id.slice('container/'.length) : undefined;

/** What the marker is on, as the object screen names it. */
function objectAt(here: Here): Readonly<Record<string, string>> | undefined {
  const pod = podOf(here);
  if (pod) return { kind: 'Pod', name: pod.name };
  const { deployment, node } = aboutOf(here.place, here.row);
  if (deployment) return { kind: 'Deployment', name: deployment };
  return node ? { kind: 'Node', name: node } : undefined;
}

const noObject = (here: Here) => (objectAt(here) ? undefined : 'no object is selected');

const showObject =
  (view: 'describe' | 'yaml') =>
  (here: Here): readonly Intent[] => {
    const of = objectAt(here);
    return of ? [{ kind: 'open', screen: 'object', of: { ...of, view } }] : [];
  };

/** `describe` and YAML of what the marker is on. */
export const objectKeys: readonly Binding[] = [
  {
    id: 'describe-object',
    keys: ['d'],
    title: 'describe',
    about: 'describe the selected object: its fields, its status, its events',
    also: 'kubectl describe',
    withRows: true,
    unless: noObject,
    run: showObject('describe'),
  },
  {
    id: 'object-yaml',
    keys: ['Y'],
    title: 'YAML',
    about: 'show the YAML of the selected object, without secrets',
    also: 'kubectl get -o yaml manifest',
    withRows: true,
    unless: noObject,
    run: showObject('yaml'),
  },
];

export const podKeys: readonly Binding[] = [
  {
    id: 'pod-shell',
    keys: ['S'],
    title: 'shell',
    about: 'open a shell in the selected pod; where it has none, a debug container',
    also: 'exec kubectl exec debug sh bash ssh',
    withRows: true,
    unless: (here) => noPod(here) ?? whyNoShell(here.state),
    run: (here) => withPod((pod) => openPodShell(pod, here.state, containerAt(here)))(here),
  },
  {
    id: 'pod-forward',
    keys: ['F'],
    title: 'forward',
    about: 'forward a port of the selected pod to this host',
    also: 'port-forward kubectl',
    withRows: true,
    unless: (here) => noPod(here) ?? whyNoShell(here.state),
    run: withPod((pod) => openForward(pod.name)),
  },
  {
    id: 'pod-last-words',
    keys: ['p'],
    title: 'last words',
    about: 'show the log of the selected pod from before its last restart on',
    also: 'previous crash log kubectl logs --previous',
    withRows: true,
    unless: noPod,
    run: withPod((pod, { state }) => [openLogs({ pod: pod.name, previous: 'yes', ...sinceOf(pod, state.world.now) })]),
  },
  ...objectKeys,
];

/** Long before the last restart, in ms. */
const before: Ms = 10 * minute;

/** From some time before the last restart on, where the log's usual start would be too late. */
function sinceOf({ lastRestartAt }: Pod, now: Instant): Readonly<Record<string, string>> {
  const isRecent = lastRestartAt === undefined || now - lastRestartAt < before;
  return isRecent ? {} : { from: String(lastRestartAt - before) };
}
