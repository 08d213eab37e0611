// Lists of the Kubernetes API, read object by object: as any JSON would be, however they are written.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ListReader, readObject } from '../../src/data/kubernetes/list-text.ts';

const bare = (thing: unknown): unknown =>
  JSON.parse(JSON.stringify(thing), (key, value) => (key === 'managedFields' ? undefined : value));
/** Reads a text that arrives in parts of some length. */
function readList(text: string, length = text.length + 1) {
  const reader = new ListReader<object, unknown>((wire) => wire);
  for (let at = 0; at < text.length; at += length) reader.push(text.slice(at, at + length));
  return reader.end();
}
const membersOf = (text: string, length?: number) => readList(text, length).members?.map(bare);

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
      fc.property(
        list,
        spaces,
        fc.constantFrom('', '\n', ' \n'),
        fc.integer({ min: 1, max: 99 }),
        (whole, space, tail, length) => {
          const text = JSON.stringify(whole, undefined, space) + tail;
          expect(readList(text, length).metadata).toEqual(JSON.parse(text).metadata);
          const objects = whole.items.filter((one) => one !== null && typeof one === 'object');
          expect(membersOf(text, length)).toEqual(objects.map(bare));
        },
      ),
      { numRuns: 120 },
    );
  });

  it('leaves out the managed fields', () => {
    const managedFields = [{ manager: 'kubelet', fieldsV1: { 'f:status': { 'k:{"type":"Ready"}': { '.': {} } } } }];
    const all = ['a', 'b'].map((name) => ({ metadata: { name, managedFields }, spec: { x: [1] } }));
    const { members } = readList(JSON.stringify({ metadata: {}, items: all }), 50);
    const left = ['a', 'b'].map((name) => ({ metadata: { name, managedFields: [] }, spec: { x: [1] } }));
    expect(members).toEqual(left);
  });

  it.each([
    ['its metadata behind it', '{"items":[{"metadata":{"name":"a"}}],"metadata":{"resourceVersion":"7"},"x":[]}'],
    ['members behind the items', '{"metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"a"}}],"x":[]}'],
    ['none of its own', '{"metadata":{"resourceVersion":"7"},"x":{"items":[]}}'],
    ['none', '{"metadata":{"resourceVersion":"7"},"items":null}'],
    ['no members', '{"metadata":{"resourceVersion":"7"},"items":[]}'],
  ])('with %s is read as it is', (_, text) => {
    const whole = JSON.parse(text);
    for (const length of [1, 7, text.length]) {
      expect(readList(text, length).metadata).toEqual({ resourceVersion: '7' });
      expect(membersOf(text, length)).toEqual(whole.items ?? undefined);
    }
  });

  it('may have objects and heads of any length', () => {
    const long = { metadata: { name: 'long', annotations: { text: 'x'.repeat(9_000_000) } } };
    const all = [{ metadata: { name: 'a' } }, long, { metadata: { name: 'b' } }];
    const text = JSON.stringify({ metadata: { resourceVersion: '7' }, items: all });
    expect(readList(text, 65_536)).toEqual({ metadata: { resourceVersion: '7' }, members: all });
    const head = { resourceVersion: '7', selfLink: 'x'.repeat(100_000) };
    expect(readList(JSON.stringify({ metadata: head, items: all.slice(2) }), 999)).toEqual({
      metadata: head,
      members: all.slice(2),
    });
  });

  it('keeps what was thrown about an object', () => {
    const bug = new Error('a bug');
    const reader = new ListReader(() => {
      throw bug;
    });
    reader.push('{"metadata":{"resourceVersion":"7"},"items":[{"metadata":{}}]}');
    expect(reader.end().bug).toBe(bug);
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
    for (const length of [1, 7, 99]) expect(() => membersOf(text, length)).toThrow(SyntaxError);
  });
});

it('an object is what it is as JSON, but its managed fields', () => {
  fc.assert(
    fc.property(thing, (one) => {
      const text = JSON.stringify({ type: 'MODIFIED', object: one });
      expect(bare(readObject(text))).toEqual(bare(JSON.parse(text)));
    }),
    { numRuns: 120 },
  );
});
