// What sessions run is shown without the secrets and the data it carries.
import { expect, test } from 'vitest';
import { statementSays } from '../../src/core/text/statement.ts';
import { sanitize } from '../../src/core/text/text.ts';

const hidden = 'hunter2';

test.each([
  `ALTER ROLE x PASSWORD '${hidden}'`,
  `ALTER ROLE x WITH ENCRYPTED PASSWORD E'${hidden}\\'more' VALID UNTIL 'infinity'`,
  `ALTER ROLE x PASSWORD $$${hidden}$$`,
  `ALTER ROLE x PASSWORD $p$${hidden}$p$`,
  `ALTER ROLE x PASSWORD U&'${hidden}'`,
  `/* the user's */ ALTER ROLE x PASSWORD '${hidden}'`,
  `-- the user's own\nALTER ROLE x PASSWORD '${hidden}'`,
  `ALTER ROLE "it's" PASSWORD '${hidden}'`,
  `INSERT INTO users (name, password_hash) VALUES ('anna', '${hidden}')`,
  `UPDATE sessions SET access_token = '${hidden}'`,
  `SELECT 1 FROM tenants WHERE api_token IN ('a', '${hidden}')`,
  `SELECT * FROM api_keys WHERE key_hash = 'abc''${hidden}'`,
  `INSERT INTO public.api_keys VALUES ('key-1', 't', '${hidden}')`,
  `SELECT * FROM kept WHERE key = '${hidden}'`,
  `SELECT crypt('${hidden}', salt)`,
  `SELECT 1 WHERE data = '{"password":"${hidden}"}'`,
  `SELECT dblink('host=db password=${hidden}')`,
  `SELECT dblink('postgres://u:${hidden}@db/x')`,
  `CREATE SUBSCRIPTION s CONNECTION 'postgresql://u:${hidden}@db/x' PUBLICATION p`,
  `SELECT set_config('x', 'Bearer ${hidden}', false)`,
  `/* password ${hidden} */ SELECT password FROM users`,
  `SELECT '${'x'.repeat(60)}${hidden}'`,
  // Cut off before its end, by the server's track_activity_query_size.
  `SELECT 1 WHERE note = '${hidden}`,
])('%s', (query) => {
  expect(statementSays(query, 600)).not.toContain(hidden);
  // Nor does a part of it stay where the cut goes through the literal.
  for (let max = 10; max < query.length; max += 1) expect(statementSays(query, max)).not.toContain('hunt');
});

test('statements without a secret stay readable', () => {
  for (const query of [
    `SELECT 1 WHERE status = 'failed' AND study_id = 'study_abc123'`,
    `UPDATE api_keys SET revoked = true, revoked_at = NOW() WHERE id = 'key-abc123'`,
    `SELECT $1, $2 FROM "it's odd"`,
    `VACUUM ANALYZE jobs /* it's weekly */`,
  ])
    expect(statementSays(query, 600)).toBe(query);
  expect(statementSays(null, 10)).toBe('');
  expect(statementSays('SELECT\n\u001b[31m1', 600)).toBe('SELECT 1');
});

test('a password in a statement of a log is redacted, too', () => {
  const said = sanitize(`statement: ALTER ROLE bentham PASSWORD '${hidden}'; duration 2 ms`);
  expect(said).toBe("statement: ALTER ROLE bentham PASSWORD '•••'; duration 2 ms");
});
