import { expect, test } from 'vitest';
import { minute } from '../../src/core/time.ts';
import { SeenServer } from '../../src/data/shared-looks/seen-server.ts';

test('who a server said it is holds for five minutes, and until a look of this cockpit fails', () => {
  const server = new SeenServer();
  expect(server.identityAt(0)).toBeUndefined();
  server.saw('a', 1000);
  expect(server.identityAt(1000 + 5 * minute - 1)).toBe('a');
  expect(server.identityAt(1000 + 5 * minute)).toBeUndefined();
  server.saw('b', 6 * minute);
  server.saw(undefined, 6 * minute + 1);
  expect(server.identityAt(6 * minute + 1)).toBeUndefined();
});
