// Why a log cannot be read, if the API server only forwards an error of the kubelet, or has none.
import type { Fault } from '../../../core/world/reading.ts';
import type { Refused } from '../api-error.ts';

/** The fault of a log request that the server refused, in terms of the pod. */
export function logFault({ fault, status = 0, said = '' }: Refused): Fault {
  const { where } = fault;
  const waiting = /container "([^"]*)" in pod "([^"]*)" is waiting to start: (.*)/.exec(said);
  if (waiting) {
    const [, container = '', pod = '', why = ''] = waiting;
    return {
      kind: 'unconfigured',
      where,
      what: `${container} of ${pod} is waiting to start: ${why}`,
      hint: 'check the pod',
    };
  }
  if (status === 404 && /^nodes /.test(said))
    return {
      kind: 'unreachable',
      where,
      what: `its node no longer exists: ${said}`,
      hint: 'its log was deleted with it',
    };
  if (status === 404 && /^pods /.test(said))
    return {
      kind: 'unconfigured',
      where,
      what: `the pod no longer exists: ${said}`,
      hint: 'its log was deleted with it',
    };
  const kubelet = /https?:\/\/(\[[^\]]+\]|[^:/"\s]+):\d+\/containerLogs/.exec(said)?.[1];
  if (status >= 500 && kubelet !== undefined)
    return {
      kind: 'unreachable',
      where,
      what: `no answer from the kubelet at ${kubelet}: ${said.slice(said.lastIndexOf('": ') + 3)}`,
      hint: 'check the node condition',
    };
  return fault;
}

/** The kubelet keeps no log of the container before the last restart, or there was none. */
export const previousIsGone = ({ status, said = '' }: Refused): boolean =>
  (status === 400 || status === 404) && said.includes('previous terminated container') && said.includes('not found');
