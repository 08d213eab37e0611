// Secrets in whatever notation, whole or cut off, and what only resembles one.
import { describe, expect, test } from 'vitest';
import { redact, sanitize } from '../../src/core/text/text.ts';

const hidden = 'hunter2xyz';

/** Notations in which a secret may stand; each is tried whole and cut at each character of the secret. */
const notations: readonly ((secret: string) => string)[] = [
  (s) => `password="${s}"`,
  (s) => `password='${s}' host=db`,
  (s) => `password=${s}`,
  (s) => `pass=${s}`,
  (s) => `pw=${s}`,
  (s) => `DB_PASS=${s} dbPw=${s}`,
  (s) => `pwd: ${s}`,
  (s) => `{"credential":"${s}"}`,
  (s) => `{"credentials":"${s}"}`,
  (s) => `{"apiKey":"${s}"}`,
  (s) => `api-key: ${s}`,
  (s) => `X-Api-Key: ${s}`,
  (s) => `{"body":"{\\"password\\":\\"${s}\\"}"}`,
  (s) => `{"body":"{\\"a\\":\\"{\\\\\\"token\\\\\\":\\\\\\"x\\\\\\\\\\\\\\"${s}\\\\\\"}\\"}"}`,
  (s) => `{"password":"a \\"quote\\" and ${s}"}`,
  (s) => `password='it''s ${s}'`,
  (s) => `password: \`${s}\``,
  (s) => `password=b'${s}'`,
  (s) => `password => "${s}"`,
  (s) => `Password := ${s}`,
  (s) => `password: |\n  ${s}`,
  (s) => `"password":["a b ${s}"]`,
  (s) => `{"name":"DB_PASSWORD","value":"${s}"}`,
  (s) => `- name: DB_PASSWORD\n  value: ${s}`,
  (s) => `<db:password>${s}</db:password>`,
  (s) => `POST login=x&password=${s}&next=/`,
  (s) => `password%3D${s}`,
  (s) => `%22token%22%3A%22${s}%22`,
  (s) => `&quot;secret&quot;:&quot;${s}&quot;`,
  (s) => `PGPASSWORD=${s} psql`,
  (s) => `aws_secret_access_key = ${s}`,
  (s) => `Server=db;Uid=u;Pwd=${s};`,
  (s) => `DefaultEndpointsProtocol=https;AccountKey=${s};`,
  (s) => `Endpoint=sb://x.servicebus.windows.net/;SharedAccessKey=${s}`,
  (s) => `redis-cli --pass ${s} PING`,
  (s) => `spawn psql --password ${s}`,
  (s) => `["--db-password","${s}"]`,
  (s) => `--token '${s} x'`,
  (s) => `openssl rsa -passin pass:${s}`,
  (s) => `mysql -h db -u root -p${s} bentham`,
  (s) => `mysqldump -uroot -p'${s} x' bentham`,
  (s) => `mariadb -p"${s}"`,
  (s) => `mysql.exe -p${s}`,
  (s) => `spawn mysql ["-uroot", "-p${s}"]`,
  (s) => `["mysql","-uroot","-p${s}"]`,
  (s) => `spawn('curl', ['-u', 'ops:${s}'])`,
  (s) => `["redis-cli","-a","${s}"]`,
  (s) => `command: { name: 'auth', args: [ 'ops', '${s}' ] }`,
  (s) => `"AUTH" "ops" "${s}"`,
  (s) => `['AUTH', '${s}']`,
  (s) => `ACL SETUSER ops on >${s} ~*`,
  (s) => `secretKey=${s}`,
  (s) => `{"secret_key": "${s}"}`,
  (s) => `redis:/user:${s}@cache:6379`,
  (s) => `curl -u ops:${s} https://x`,
  (s) => `curl -sSu 'ops:${s}' https://x`,
  (s) => `curl --user "ops:${s}" https://x`,
  (s) => `curl -uops:${s} https://x`,
  (s) => `sshpass -p ${s} ssh x`,
  (s) => `redis-cli -a ${s} PING`,
  (s) => `docker login -u x -p ${s} registry`,
  (s) => `ldapsearch -x -w ${s}`,
  (s) => `"config" "set" "requirepass" "${s}"`,
  (s) => `masterauth ${s}`,
  (s) => `machine api login ops password ${s}`,
  (s) => `ALTER ROLE x PASSWORD '${s}'`,
  (s) => `ALTER ROLE x PASSWORD $p$${s}$p$`,
  (s) => `CREATE USER x IDENTIFIED BY '${s}'`,
  (s) => `Cookie: a=b; sid=${s}`,
  (s) => `{"set-cookie":["sid=${s}; Path=/"]}`,
  (s) => `{"cookies":{"sid":"${s}"}}`,
  (s) => `postgres://bentham:${s}@db:5432/x`,
  (s) => `redis://:${s}@cache`,
  (s) => `redis://:12/${s}@cache`,
  (s) => `jdbc:postgresql://db/x?user=u&password=${s}`,
  (s) => `https://user%3A${s}@host/x`,
  (s) => `https://ops:${s}%40@host`,
  (s) => `word":"${s}","a":1}`,
  (s) => `d": "${s}"`,
  (s) => `oken\\":\\"${s}\\"}`,
  (s) => `i_key":"${s}"`,
  (s) => `{"password":{"type":"plain","value":"${s}"}}`,
  (s) => `{"token": {"data": "${s}"`,
  (s) => `-----BEGIN EC PRIVATE KEY-----\n${s}`,
  (s) => `{"name":"DB_PASSWORD","valueFrom":null,"value":"${s}"}`,
  (s) => `{"Name":"DB_PASSWORD","Description":"of the db","Value":"${s}"}`,
  (s) => `{"ParameterKey":"DBPassword","ParameterValue":"${s}"}`,
  (s) => `{"name":"Cookie","value":"sid=${s}"}`,
  (s) => `- name: X-Api-Key\n  value: "${s}"`,
  (s) => `env[SECRET_KEY_BASE]=${s}`,
  (s) => `env['SECRET_KEY_BASE'] = '${s}'`,
  (s) => `secret_key_base: ${s}`,
  (s) => `DB_PASSWORD_EU=${s}`,
  (s) => `PASSWORD2=${s}`,
  (s) => `{"passwordHash":"${s}"}`,
  (s) => `"tokens":["${s}"]`,
  (s) => `user%5Bpassword%5D=${s}`,
  (s) => `password[]=${s}`,
  (s) => `password was '${s}'`,
  (s) => `Key (email, token)=(a, ${s}`,
  (s) => `client-key-data: ${s}`,
  (s) => `.dockerconfigjson: ${s}`,
  (s) => `JSESSIONID=${s}; connect.sid=${s}`,
  (s) => `AUTH ${s}`,
  (s) => `AUTH ops ${s}`,
  (s) => `HELLO 3 AUTH ops ${s}`,
  (s) => `"auth" "ops" "${s}"`,
  (s) => `MIGRATE cache 6379 "" 0 5000 AUTH2 ops ${s}`,
  (s) => `SETUSER ops on ~* >first >${s}`,
  (s) => `user ops on ~* +@all >${s}`,
  (s) => `primaryauth ${s}`,
  (s) => `sentinel auth-pass main ${s}`,
  (s) => `CONFIG SET maxmemory 1gb requirepass ${s}`,
  (s) => `ALTER ROLE ops WITH LOGIN PASSWORD ${s}`,
  (s) => `kubectl create secret generic x --from-literal=any=${s}`,
  (s) => `kubectl create secret generic x --from-literal 'any=${s} y'`,
  (s) => `curl -b sid=${s} https://x`,
  (s) => `curl --cookie "sid=${s}" https://x`,
  (s) => `curl -H Authorization:\\ Bearer\\ ${s}`,
  (s) => `vault login ${s}`,
  (s) => `etcdctl --user root:${s} get x`,
  (s) => `unzip -P ${s} a.zip`,
  (s) => `aws secretsmanager put-secret-value --secret-string '${s}'`,
  (s) => `aws configure set aws_secret_access_key ${s}`,
  (s) => `https://storage.googleapis.com/x?X-Goog-Signature=${s}`,
];

test.each(notations.map((notation) => [notation('…'), notation] as const))('%s', (_, notation) => {
  for (let length = 5; length <= hidden.length; length += 1) {
    const text = notation('#').replace(/#[\s\S]*$/, hidden.slice(0, length));
    expect(redact(text)).not.toContain('hunt');
  }
  const safe = redact(notation(hidden));
  expect(safe).not.toContain('hunt');
  expect(safe).toContain('•••');
  expect(redact(safe)).toBe(safe);
  expect(sanitize(`\u001b[31m${notation(`\u001b[1m${hidden}`)}`)).not.toContain('hunt');
});

/** Only the whole text tells that its value is a secret: the name stands behind it, or it is one of a list. */
test.each([
  (s: string) => `{"value":"${s}","name":"DB_PASSWORD"}`,
  (s: string) => `{ value: '${s}', type: 'text', name: 'DB_PASSWORD' }`,
  (s: string) => `[{"name":"A","value":"a"},{"value":"${s}","name":"API_TOKEN"},{"name":"B","value":"b"}]`,
  (s: string) => `"{\\"Value\\":\\"${s}\\",\\"Key\\":\\"password\\"}"`,
  (s: string) => `- value: ${s}\n  name: DB_PASSWORD\n- name: A\n  value: a`,
  (s: string) => `- value: Bearer ${s}\n  name: Authorization`,
  (s: string) => `value: ${s}, name: DB_PASSWORD`,
  (s: string) => `["Authorization","Bearer ${s}"]`,
  (s: string) => `rawHeaders: [ 'Host', 'a', 'X-Api-Key', '${s}2' ]`,
  (s: string) => `[["cookie","sid=${s}"],["a","b"]]`,
  (s: string) => `> auth ops ${s}2`,
])('%s', (notation) => {
  const safe = redact(notation(hidden));
  expect(safe).not.toContain('hunt');
  expect(safe).toBe(
    notation(hidden)
      .replace(/hunter2xyz2?/, '•••')
      .replace(/Bearer •••(?=\n)/, '•••')
      .replace(/sid=•••/, '•••'),
  );
  expect(redact(safe)).toBe(safe);
});

test.each([
  ['mailto:#@db', 'mailto:•••@db'],
  ['12:#@db:5432', '12:•••@db:5432'],
  ['docker:#@10.0.0.5:6379', 'docker:•••@10.0.0.5:6379'],
  ['ops:#/v2@db', 'ops:•••@db'],
  ['ops:#@db', 'ops:•••@db'],
  ['connect to ops:#@db.internal:5432 failed', 'connect to ops:•••@db.internal:5432 failed'],
  ['user:#@db', 'user:•••@db'],
  ['user:#@db.internal', 'user:•••@db.internal'],
  ['user:#@example.com:5432', 'user:•••@example.com:5432'],
  ['by:#@10.0.0.5', 'by:•••@10.0.0.5'],
  ['host:5432 admin:#@db', 'host:5432 admin:•••@db'],
  ['ops:a/#@db', 'ops:•••@db'],
  ['ops:a=#,(b)@db:5432', 'ops:•••@db:5432'],
  ['ops:p@#@db', 'ops:•••@db'],
  ['a:b:c:d:#@db', 'a:•••@db'],
  ['url=ops:#@db, next=eve:#@db2', 'url=ops:•••@db, next=eve:•••@db2'],
  ['ops:#@', 'ops:•••@'],
  ['ops:#@…', 'ops:•••@…'],
])('a login without a scheme: %s', (text, safe) => {
  expect(redact(text.replaceAll('#', hidden))).toBe(safe);
  expect(sanitize(text.replaceAll('#', `hun\u0000ter2\u200bxyz`))).toBe(safe);
});

test.each([
  'by:anna@bentham.io',
  'user:anna@bentham.io.',
  'owner:anna@bentham.io, and more',
  'git@github.com:bentham/repo.git',
  'image ghcr.io/bentham/api:v1.2@sha256:abcdef0123',
  'http://host:8080/x?u=anna@bentham.io',
  'at f (file:///app/node_modules/.pnpm/pg@8.11.3/lib/x.js:12:34)',
  '03:14:07 anna@bentham.io',
  'localhost:5000/bentham/api@sha256:abc',
  'npm:@scope/pkg@1.2.3',
  'host:5432/path/anna@db',
  'id":"st_41","status":"done"}',
  'google:search/v2@prod',
  'uses: actions/checkout:v4@main',
  'apps:v1/deployment@staging',
  'github:bentham/cockpit@v1.2',
  '12:30@prod',
  'mailto:anna@bentham.io',
])('no login, and no secret: %s', (text) => {
  expect(sanitize(text)).toBe(text);
});

const mixed = '0123456789abcdefABCDEF';

test.each([
  ['an authorization header', 'Authorization: Bearer hunter2xyz', 'Authorization: Bearer •••'],
  ['one in a command', 'curl -H "Authorization: Bearer hunter2xyz" x', 'curl -H "Authorization: Bearer •••" x'],
  ['one of another scheme', 'Authorization: GenieKey eb243592-faa2-4ba2', 'Authorization: GenieKey •••'],
  ['a scheme with parameters', 'Authorization: Hawk id="a", mac="b c"', 'Authorization: Hawk •••'],
  [
    'AWS’s signature',
    'authorization: AWS4-HMAC-SHA256 Credential=A/b, Signature=c',
    'authorization: AWS4-HMAC-SHA256 •••',
  ],
  ['a proxy’s', 'Proxy-Authorization: Basic dXNlcjpodW50ZXIy', 'Proxy-Authorization: Basic •••'],
  ['Basic without its header', 'sent Basic dXNlcjpodW50ZXIy twice', 'sent Basic ••• twice'],
  ['a cut Basic', 'sent Basic dXNlcjpodW5', 'sent Basic •••'],
  ['npm', `npm_${mixed}`, 'npm_•••'],
  ['SendGrid', `SG.${mixed}.${mixed}`, 'SG.•••'],
  ['GitHub', `gho_${mixed} github_pat_${mixed}`, 'gho_••• github_pat_•••'],
  ['GitLab', `glpat-${mixed}`, 'glpat-•••'],
  ['Slack', `xoxe.xoxp-1-${mixed} xapp-1-${mixed}`, 'xoxe.xoxp-••• xapp-•••'],
  ['OpenAI and Stripe', `sk-proj-${mixed} sk_live_${mixed}`, 'sk-••• sk_•••'],
  ['Vault', `hvs.${mixed}`, 'hvs.•••'],
  ['AWS’s id with its secret', 'AKIAIOSFODNN7EXAMPLE,wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'AKIA•••,•••'],
  ['AWS’s id with its secret cut', 'AKIAIOSFODNN7EXAMPLE wJalr', 'AKIA••• •••'],
  [
    'AWS’s id with words before its secret',
    'id AKIAIOSFODNN7EXAMPLE, sk: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    'id AKIA•••, sk: •••',
  ],
  [
    'a key behind its name',
    'set aws_secret_access_key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    'set aws_secret_access_key •••',
  ],
  ['a cut token', 'clone with ghp_0123', 'clone with ghp_•••'],
  ['a cut JSON Web Token', 'sent eyJhbGciOiJS', 'sent eyJ•••'],
  ['the end of a private key', 'MIIEvQ/a+b= -----END PRIVATE KEY----- next', '••• next'],
  ['a PGP key', '-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOY\n-----END PGP PRIVATE KEY BLOCK----- next', '••• next'],
  [
    'an address without slashes',
    'REDIS_URL = redis:ops:hunter2@cache: must be',
    'REDIS_URL = redis:ops:•••@cache: must be',
  ],
  ['an address without a scheme', 'cache:hunter2@6379', 'cache:•••@6379'],
  ['an address that was cut', 'cannot connect to postgres://bentham:hunt…', 'cannot connect to postgres://bentham:•••'],
  ['a password with an @', 'mongodb+srv://u:p@hunter2@c.mongodb.net/x', 'mongodb+srv://u:•••@c.mongodb.net/x'],
  ['a token as the user', 'https://0123456789abcdef0123@git.example', 'https://•••@git.example'],
])('%s', (_, outside, inside) => expect(redact(outside)).toBe(inside));

describe('what is no secret stays', () => {
  test.each([
    'pass: 3, fail: 2',
    'pass=3 fail=2 skip=0',
    '{"pass":3,"fail":2}',
    'Tests  pass: 98% in 3 s',
    'password authentication failed for user "bentham"',
    'the "password" column is missing; password is required',
    '{"password":null,"token":false}',
    'no credentials: not found; auth: denied',
    'ERR AUTH called without any password; AUTH failed for user ops',
    'secret bentham-production-2-credentials not found; token study_2e6c62 expired',
    '["auth","billing"] mysql, redis-cli, "curl", "az"',
    'Unexpected token } in JSON at position 4',
    'unexpected token: punc',
    'tokens: 512, max_tokens=4, tokenExpirationSeconds: 3607',
    'study_abc123 key-abc123 job_0001 SELECT $1, $2 WHERE id = $3',
    "UPDATE api_keys SET revoked = true WHERE id = 'key-abc123'",
    'image nginx:1.27@sha256:0123456789abcdef',
    'docker-pullable://nginx:1.27@sha256:0123456789abcdef',
    'arn:aws:sts::123456789012:assumed-role/Ops/anna@bentham.io is not authorized',
    'mailto:anna@bentham.io, acknowledged by:anna@bentham.io',
    'http://api:3000/users?mail=a@b.io http://[::1]:80/x redis://cache:6379, https://api.bentham.io:443.',
    'git@github.com:org/repo file:///a/b.js:12:3',
    'bypass: yes, compass=4, author: anna',
    'kubectl create secret generic x; --secret-id bentham/db-credentials --token-file /t',
    'secretName: bentham-tls secretKeyRef: {name: db, key: url}',
    'basic operations and a bearer certificate',
    'WWW-Authenticate: Bearer realm="api"',
    'authorization: denied by the policy',
    'mysql -u root -p bentham',
    'curl -s https://api.bentham.io/health -o out',
    'docker run -p 8080:80 -d nginx',
    'skip_all_the_things_now task-0123456789abcdefgh',
    'npm:@alcalzone/ink-table@1.1.1',
    'system:serviceaccount:bentham-prod:executor',
    'password_encryption = scram-sha-256',
    'TOKEN_TTL=3600 PASSWORD_MIN_LENGTH=12 SECRET_ACCESS_KEY_ID=x TOKEN_FILE=/t',
    'PASSWORD_MAX_TRIES=3 tokens_total: 4, secrets: ["db", "tls"], api_keys: 5',
    'AUTH failed for ops: AUTH LOGIN PLAIN, auth ok, auth timeout 30',
    'AUTH <password> called without any password configured for the default user',
    'user ops on 3 hosts, user > limit',
    'password is required; the password was rejected; credentials were refreshed',
    '["id","token","created_at"] ["x-api-key","content-type"] ["auth","ops"]',
    '{"name":"tokens_total","value":"12"} {"value":12,"name":"auth_failures"} {"value":"3","name":"pass"}',
    '{"name":"DB_PASSWORD","valueFrom":{"secretKeyRef":{"name":"db","key":"url"}}} {"name":"A","value":"b"}',
    '- name: LEVEL\n  value: info\n- name: DB_PASSWORD\n- name: MODE\n  value: fast',
    'ALTER ROLE ops PASSWORD NULL; ALTER ROLE ops PASSWORD ?',
    'aws secretsmanager update-secret --secret-string file:///dev/stdin',
    'client-key: /home/ops/me.key',
    'Key (id)=(4711) already exists.',
  ])('%s', (text) => expect(redact(text)).toBe(text));
});

test('no part of a token becomes visible if redaction shortened the text before it', () => {
  const many = `${'password=0123456789abcdef '.repeat(20)}`;
  for (let max = 20; max < 200; max += 7)
    expect(sanitize(`${many}ghp_0123${'x'.repeat(4000)}`, max)).not.toContain('0123');
});
