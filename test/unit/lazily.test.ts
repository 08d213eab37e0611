import { expect, test, vi } from 'vitest';
import { lazily } from '../../src/screens/toolkit/memoize.ts';

test('is made when something is read that is not known, and not before', () => {
  const make = vi.fn(() => ({ rows: 24, small: true as boolean | undefined }));
  const later = lazily(make, { small: undefined });
  expect(later.small).toBeUndefined();
  expect(make).not.toHaveBeenCalled();
  expect(later.rows).toBe(24);
  expect(make).toHaveBeenCalledOnce();
});
