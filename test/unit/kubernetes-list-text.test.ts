// Lists of the Kubernetes API, read object by object: as any JSON would be, however they are written.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readList, readObject } from '../../src/data/kubernetes/list-text.ts';

type Thing = { metadata?: { managedFields?: unknown } } | null;

const bare = (thing: unknown): unknown =>
  JSON.parse(JSON.stringify(thing), (key, value) => (key === 'managedFields' ? undefined : value));
const membersOf = (text: string) => [...(readList<Thing>(text).members ?? [])].map(bare);

/** Texts that look like what separates objects, and like the fields that are left out. */
const words = fc.oneof(
  fc.string(),
  fc.constantFrom(
    '},{"metadata":{',
    '"managedFields":[',
    '],"managedFields":[{"',
    ']}',
    '"items":[',
    ']},',
    '\\"',
    '"],"x":["',
    'é🙂\u2028',
  ),
);
const fields = fc.dictionary(
  fc.oneof(words, fc.constantFrom('.', 'f:metadata', 'k:{"type":"Ready"}')),
  fc.dictionary(words, fc.constant({})),
);
const manager = fc.record({ manager: words, operation: fc.constant('Update'), fieldsV1: fields });
const metadata = fc
  .record(
    {
      name: words,
      managedFields: fc.oneof(fc.array(manager), fc.constant(null), fc.array(fc.array(words))),
      labels: fc.dictionary(words, words),
      ownerReferences: fc.array(fc.record({ uid: words })),
    },
    { requiredKeys: ['name'] },
  )
  .chain((made) => fc.shuffledSubarray(Object.entries(made)).map((some) => Object.fromEntries(some)));
const thing = fc.record(
  { metadata, spec: fc.jsonValue(), nested: fc.array(fc.record({ metadata: fc.dictionary(words, words) })) },
  { requiredKeys: ['metadata'] },
);

describe('a list of objects', () => {
  it('has the members and the metadata that it has as JSON, but the managed fields', () => {
    const list = fc.record({
      kind: words,
      metadata: fc.record({ resourceVersion: words, continue: words }),
      items: fc.array(fc.oneof({ weight: 9, arbitrary: thing }, fc.constant(null), fc.constant(7))),
    });
    const spaces = fc.constantFrom(undefined, 1, '\t');
    fc.assert(
      fc.property(list, spaces, fc.constantFrom('', '\n', ' \n'), (whole, space, tail) => {
        const text = JSON.stringify(whole, undefined, space) + tail;
        expect(readList(text).metadata).toEqual(JSON.parse(text).metadata);
        const objects = whole.items.filter((one) => one !== null && typeof one === 'object');
        expect(membersOf(text)).toEqual(objects.map(bare));
      }),
      { numRuns: 300 },
    );
  });

  it('leaves out the managed fields', () => {
    const managedFields = [{ manager: 'kubelet', fieldsV1: { 'f:status': { 'k:{"type":"Ready"}': { '.': {} } } } }];
    const all = ['a', 'b'].map((name) => ({ metadata: { name, managedFields }, spec: { x: [1] } }));
    const { members = [] } = readList(JSON.stringify({ metadata: {}, items: all }));
    const left = ['a', 'b'].map((name) => ({ metadata: { name, managedFields: [] }, spec: { x: [1] } }));
    expect([...members]).toEqual(left);
  });

  it.each([
    ['its metadata behind it', '{"items":[{"metadata":{"name":"a"}}],"metadata":{"resourceVersion":"7"},"x":[]}'],
    ['members behind the items', '{"metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"a"}}],"x":[]}'],
    ['none of its own', '{"metadata":{"resourceVersion":"7"},"x":{"items":[]}}'],
    ['none', '{"metadata":{"resourceVersion":"7"},"items":null}'],
    ['no members', '{"metadata":{"resourceVersion":"7"},"items":[]}'],
  ])('with %s is read as it is', (_, text) => {
    const whole = JSON.parse(text);
    expect(readList(text).metadata).toEqual({ resourceVersion: '7' });
    expect(readList(text).members && membersOf(text)).toEqual(whole.items ?? undefined);
  });

  it.each(['null', '7', '[]', '{}', '{"metadata":{},"items":7}'])('is none: %s', (text) => {
    expect(readList(text).members).toBeUndefined();
  });

  it.each([
    '{"metadata":{},"items":[{"metadata":{"name":"a"}},{"metadata":{"name":]}',
    '{"metadata":{},"items":[{"metadata":{"name":"a"}},]}',
    '{"metadata":{},"items":[{"metadata":{"name":"a"}}]}]}',
    '"items":[]}',
    '',
  ])('that is cut or broken is no JSON: %s', (text) => {
    expect(() => membersOf(text)).toThrow(SyntaxError);
  });
});

it('an object is what it is as JSON, but its managed fields', () => {
  fc.assert(
    fc.property(thing, (one) => {
      const text = JSON.stringify({ type: 'MODIFIED', object: one });
      expect(bare(readObject(text))).toEqual(bare(JSON.parse(text)));
    }),
    { numRuns: 300 },
  );
});
