// An object as text: nothing secret of it is shown, whatever it stands in.
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { describeLines, withoutSecrets, yamlLines } from '../../src/data/kubernetes/object-text.ts';

const applied = 'kubectl.kubernetes.io/last-applied-configuration';
const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: 'db-credentials',
    annotations: { [applied]: '{"data":{"password":"aHVudGVyMg=="}}', note: 'kept' },
    managedFields: [{ manager: 'kubectl' }],
  },
  type: 'Opaque',
  data: { username: 'YmVudGhhbQ==', password: 'aHVudGVyMg==', weird: { nested: 'aHVudGVyMg==' } },
  stringData: { token: 'hunter2' },
};
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'api', labels: { app: 'api', 'app.kubernetes.io/name': 'api' } },
  spec: {
    containers: [
      {
        name: 'api',
        env: [
          { name: 'DB_PASSWORD', value: 'hunter2 with blanks' },
          { name: 'MODE', value: 'fast' },
          { name: 'DATABASE_URL', value: 'postgres://u:hunter2@db/x' },
        ],
        args: ['--token', 'hunter2', '--password=hunter2', '--mode', 'slow'],
      },
    ],
  },
  status: { message: 'boom\u001b[31m \u202ereversed', startTime: null },
};

const both = (object: object) =>
  [...yamlLines({ ...object }).lines, ...describeLines({ ...object }, []).lines].join('\n');

describe('a secret', () => {
  test('shows its keys and how long their values are', () => {
    expect(withoutSecrets(secret)).toMatchObject({
      type: 'Opaque',
      data: { username: '7 bytes, hidden', password: '7 bytes, hidden', weird: 'hidden' },
      stringData: { token: '7 bytes, hidden' },
      metadata: { annotations: { note: 'kept', [applied]: 'hidden' } },
    });
  });

  test('never shows a value, in either view', () => {
    for (const one of ['aHVudGVyMg', 'hunter2', 'YmVudGhhbQ', 'managedFields']) expect(both(secret)).not.toContain(one);
  });
});

describe('a pod', () => {
  test('hides the environment by its names, and keeps the rest', () => {
    expect(both(pod)).not.toContain('hunter2');
    expect(both(pod)).toContain('fast');
    expect(both(pod)).toContain('slow');
    expect(both(pod)).toContain('DB_PASSWORD');
  });

  test('is YAML that can be read back', () => {
    expect(parse(yamlLines(pod).lines.join('\n'))).toMatchObject({ kind: 'Pod', metadata: { name: 'api' } });
  });

  test('is described in words, its labels by their own names', () => {
    const text = describeLines(pod, []).lines;
    expect(text).toContain('Name: api');
    expect(text).toContain('  app: api');
    expect(text.at(-1)).toBe('Events: <none>');
  });

  test('has no control characters', () => {
    expect(both(pod)).not.toMatch(/[\u001b\u202e]/);
  });
});

test('a ConfigMap keeps its lines, without the secrets in them', () => {
  const text = both({
    kind: 'ConfigMap',
    data: { 'app.conf': 'mode=fast\npassword=hunter2\nport=1', 'x\u001b[2J': 'y' },
  });
  expect(text).toContain('mode=fast');
  expect(text).toContain('port=1');
  expect(text).not.toContain('hunter2');
  expect(text).not.toContain('\u001b');
});

test('a private key is hidden whole', () => {
  const key = '-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA0hunter2\nabcdef\n-----END RSA PRIVATE KEY-----';
  const text = both({ kind: 'ConfigMap', data: { 'tls.pem': key } });
  expect(text).not.toContain('MIIEow');
  expect(text).not.toContain('abcdef');
});

test('what has no end is cut, and that is said', () => {
  const many = {
    kind: 'ConfigMap',
    data: Object.fromEntries(Array.from({ length: 9000 }, (_, at) => [`k${at}`, 'v'])),
  };
  expect(yamlLines(many)).toMatchObject({ isCut: true });
  expect(yamlLines(many).lines).toHaveLength(5000);
  let deep: object = { end: 'x' };
  for (let at = 0; at < 500; at += 1) deep = { deep };
  expect(yamlLines({ kind: 'X', deep }).lines.length).toBeLessThan(100);
  expect(yamlLines({ kind: 'X', long: 'x'.repeat(1e6) }).lines[1]?.length).toBeLessThan(1100);
});
