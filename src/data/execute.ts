// Carries out one call. What was shown is what runs: there is no other way to change the platform.
import type { Call } from '../core/actions/call.ts';
import { door } from '../core/text/text.ts';
import type { Means, Performed } from './call-result.ts';

/** Expected failures are outcomes; a bug becomes `unknown`, since nobody knows how far it came. */
export async function perform(call: Call, means: Means): Promise<Performed> {
  try {
    switch (call.tool) {
      case 'kubernetes':
        return await (await import('./kubernetes/execute.ts')).performKubernetes(call, means);
      case 'sql':
        return await (await import('./postgres/execute.ts')).performSql(call, means);
      case 'command':
        return await (await import('./tools/execute.ts')).performCommand(call, means);
      case 'http':
        return await (await import('./channels/execute.ts')).performHttp(call, means);
      case 'channel':
        return await (await import('./channels/execute.ts')).performChannel(call, means);
      case 's3':
        return await (await import('./aws/execute.ts')).performS3(call, means);
      case 'rds':
        return await (await import('./aws/execute.ts')).performRds(call, means);
      case 'redis':
        return await (await import('./redis/execute.ts')).performRedis(call, means);
      case 'secrets':
        return await (await import('./aws/secrets.ts')).performSecrets(call, means);
    }
  } catch (error) {
    const says = `unexpected: ${door(error instanceof Error ? error.message : error, 300)}`;
    return { outcome: 'unknown', says, hint: 'look whether it happened before you try again' };
  }
}
