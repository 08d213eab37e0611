// Which version of an evidence file is restored, where there are more than are read.
import { expect, test } from 'vitest';
import { restoreEvidence } from '../../src/actions/restore-evidence.ts';
import { mostObjectVersions } from '../../src/core/actions/evidence-found.ts';
import type { ActionContext, Preflight } from '../../src/core/actions/preflight.ts';
import { now } from '../support/world.ts';

const planOf = (count: number, version: string) => {
  const versions = Array.from({ length: count }, (_, at) => ({
    ...{ versionId: `v${at}`, at: now - at, bytes: 10, latest: at === 0, marker: false, etag: 'e' },
  }));
  const preflight: Pick<Preflight, 'context' | 'versions'> = {
    context: { targets: { bucket: 'bentham-evidence' } } as ActionContext,
    versions: async () => ({ ok: true, value: versions }),
  };
  return restoreEvidence.plan({ file: 'study_a/1.png', version }, preflight as Preflight);
};

test('a version that was not read is not said to be missing', async () => {
  expect(await planOf(3, 'v9')).toMatchObject({ ok: false, why: 'study_a/1.png has no version v9' });
  expect(await planOf(mostObjectVersions, 'old')).toMatchObject({
    ok: false,
    why: 'old is not among the newest 10 000 versions of study_a/1.png',
  });
  expect(await planOf(mostObjectVersions, 'v9')).toMatchObject({ ok: true });
});
