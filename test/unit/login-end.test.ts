// Until when a login lasts by its own words, and whether it is the one that the server took last.
import { expect, test } from 'vitest';
import { selfSigned } from '../../simulator/certificate.ts';
import { endOfCertificate, endOfToken, TakenLogin } from '../../src/data/kubernetes/login-end.ts';

const now = Date.UTC(2026, 10, 30);
const token = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
const bearer = (text: string) => ({ tls: {}, headers: { authorization: `Bearer ${text}` } });

test('a token ends when it says so', () => {
  expect(endOfToken(token({ exp: now / 1000 }))).toBe(now);
  for (const text of ['', 'sesame', 'a.b.c', token({}), token({ exp: 'soon' }), token(null)])
    expect(endOfToken(text), text).toBeUndefined();
});

test('a login that was taken is believed until it ends, is another one, or is refused', () => {
  const taken = new TakenLogin();
  const login = bearer(token({ exp: now / 1000 }));
  expect(taken.is(login, now - 1)).toBe(false);
  taken.took(login);
  expect([taken.is(login, now - 1), taken.is(login, now)]).toEqual([true, false]);
  // The same file, read again.
  expect(taken.is({ ...login, tls: {} }, now - 1)).toBe(true);
  expect(taken.is(bearer('another'), now - 1)).toBe(false);
  taken.wasRefused();
  expect(taken.is(login, now - 1)).toBe(false);
  const over = bearer(token({ exp: 0 }));
  taken.took(over);
  expect(taken.is(over, now)).toBe(false);
});

test('a certificate ends, too; what says nothing lasts', () => {
  const cert = Buffer.from(selfSigned('ana').cert);
  const end = endOfCertificate(cert) ?? 0;
  const taken = new TakenLogin();
  const login = { tls: { cert }, headers: {} };
  taken.took(login);
  expect([taken.is(login, end - 1), taken.is(login, end)]).toEqual([true, false]);
  expect(taken.is({ tls: {}, headers: {} }, end - 1)).toBe(false);
  taken.took(bearer('sesame'));
  expect(taken.is(bearer('sesame'), now + 10 ** 12)).toBe(true);
  expect(endOfCertificate(Buffer.from('no certificate'))).toBeUndefined();
});
