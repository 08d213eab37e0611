// A module whose code is loaded with its first command.
import { expect, test } from 'vitest';
import type { EngineContext, EngineModule } from '../../src/engine/module.ts';
import { moduleLater } from '../../src/engine/module-later.ts';
import type { Command, Update } from '../../src/engine/protocol.ts';

/** What the context of a module is asked for here. */
function engine() {
  const said: Update[] = [];
  const context = { emit: (update: Update) => void said.push(update) } as unknown as EngineContext;
  return { said, context };
}

const logs: Command = { kind: 'logs' };
const save: Command = { kind: 'logs-save' };

test('it is loaded with its first command, gets all of them in their order, and is stopped', async () => {
  const log: string[] = [];
  const made: EngineModule = {
    handle: ({ kind }) => void log.push(kind),
    stop: async () => void log.push('stopped'),
  };
  const later = moduleLater(['logs', 'logs-save'], async () => {
    log.push('loaded');
    return () => made;
  })(engine().context);
  later.handle?.({ kind: 'refresh' });
  expect(log).toEqual([]);
  later.handle?.(logs);
  later.handle?.(save);
  later.handle?.({ kind: 'refresh' });
  await expect.poll(() => log).toEqual(['loaded', 'logs', 'logs-save']);
  later.handle?.(logs);
  await later.stop?.();
  expect(log).toEqual(['loaded', 'logs', 'logs-save', 'logs', 'stopped']);
});

test('one that got no command is not loaded to be stopped', async () => {
  let loads = 0;
  const later = moduleLater(['logs'], async () => {
    loads += 1;
    return () => ({});
  })(engine().context);
  await later.stop?.();
  expect(loads).toBe(0);
});

test('what cannot be loaded is said, and is tried again with the next command', async () => {
  const { said, context } = engine();
  const handled: string[] = [];
  let loads = 0;
  const later = moduleLater(['logs'], async () => {
    loads += 1;
    if (loads === 1) throw new Error('no such file');
    return () => ({ handle: ({ kind }) => void handled.push(kind) });
  })(context);
  later.handle?.(logs);
  await expect.poll(() => said).toMatchObject([{ said: { verdict: 'warning' } }]);
  expect(handled).toEqual([]);
  later.handle?.(logs);
  await expect.poll(() => handled).toEqual(['logs']);
  await later.stop?.();
});
