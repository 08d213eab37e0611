// Carries out one call. What was shown is what runs: there is no other way to change the platform.
import type { Call } from '../core/actions/call.ts';
import { sanitize } from '../core/text/text.ts';
import type { CallResult, ExecutionContext } from './call-result.ts';

/** Expected failures are outcomes; a bug becomes `unknown`, as it may have happened in between. */
export async function execute(call: Call, means: ExecutionContext): Promise<CallResult> {
  try {
    switch (call.tool) {
      case 'kubernetes':
        return await (await import('./kubernetes/execute.ts')).executeKubernetes(call, means);
      case 'rollout':
        return await (await import('./kubernetes/rollout-wait.ts')).waitForRollouts(call, means);
      case 'sql':
        return await (await import('./postgres/execute.ts')).executeSql(call, means);
      case 'command':
        return await (await import('./tools/execute.ts')).executeCommand(call, means);
      case 'http':
        return await (await import('./channels/execute.ts')).executeHttp(call, means);
      case 'api':
        return await (await import('./gateway/execute.ts')).executeApi(call, means);
      case 'channel':
        return await (await import('./channels/execute.ts')).executeChannel(call, means);
      case 'pagerduty':
        return await (await import('./pagerduty/execute.ts')).executePager(call, means);
      case 's3':
        return await (await import('./aws/execute.ts')).performS3(call, means);
      case 'preserve':
        return await (await import('./preserve/execute.ts')).preserve(call, means);
      case 'rds':
        return await (await import('./aws/execute.ts')).executeRds(call, means);
      case 'redis':
        return await (await import('./redis/execute.ts')).executeRedis(call, means);
      case 'secrets':
        return await (await import('./aws/secrets.ts')).executeSecrets(call, means);
    }
  } catch (error) {
    const says = `unexpected: ${sanitize(error instanceof Error ? error.message : error, 300)}`;
    return { outcome: 'unknown', says, hint: 'check whether it was done before you retry' };
  }
}
