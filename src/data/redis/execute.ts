import type { Call } from '../../core/actions/call.ts';
import { sanitize } from '../../core/text/text.ts';
import { second } from '../../core/time.ts';
import { answerWithin, type CallResult, type ExecutionContext, failedCall } from '../call-result.ts';
import { afterwards, unlessAborted } from '../time-limit.ts';
import { connectRedis } from './connect.ts';
import { redisFault } from './faults.ts';

const within = 15 * second;

export async function executeRedis(
  call: Extract<Call, { tool: 'redis' }>,
  { settings, signal }: ExecutionContext,
): Promise<CallResult> {
  let sent = false;
  try {
    const connection = await connectRedis(settings.redis, within, signal);
    try {
      if (signal.aborted) return { outcome: 'cancelled', says: 'stopped before anything was changed' };
      sent = true;
      const [name, ...rest] = call.command;
      const answer = await unlessAborted(connection.client.call(name, ...rest), afterwards(signal, answerWithin));
      return { outcome: 'done', says: `${name}: ${sanitize(answer, 80)}` };
    } finally {
      await connection.close();
    }
  } catch (error) {
    const fault = redisFault(error, settings.redis);
    if (!sent) return { outcome: 'failed', says: `nothing was changed: ${fault.what}`, hint: fault.hint };
    return failedCall(fault);
  }
}
