// The meaning of an HTTP error. Bodies are a Status object, or the text of a proxy.
import { formatAge } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { retryAfterOf } from '../retry-after.ts';
import { endOfCertificate } from './login-end.ts';

/**
 * An answer. A failure carries the HTTP status, where one came at all (also 2xx, when its body was lost), and what the
 * server said: whether a change was made is read from them.
 */
export type Answered<T> = { ok: true; value: T } | Refused;
export type Refused = {
  ok: false;
  fault: Fault;
  status?: number;
  said?: string;
  /** The pause that the server asked for (Retry-After). */
  after?: Ms;
};

/** The request, its server and its user. */
type Asked = {
  /** In words: `list pods in bentham-prod`. */
  to: string;
  where: string;
  context: string;
  certificate: Buffer | undefined;
};

/** Reads an answer of 400 and above. */
export function refusal(
  answer: { statusCode: number; headers: Readonly<Record<string, string | string[] | undefined>> },
  body: string,
  asked: Asked,
): Refused {
  const status = answer.statusCode;
  const said = statusMessage(body);
  const told = retryAfterOf(String(answer.headers['retry-after'] ?? ''), Date.now());
  const after = (status === 429 || status === 503) && told !== undefined ? Math.max(second / 10, told) : undefined;
  return {
    ok: false,
    fault: { where: asked.where, ...meaning(status, said, statusOf(body) ?? {}, asked, after), code: String(status) },
    status,
    said,
    after,
  };
}

/** What a Status object says (Kubernetes API, Status and StatusDetails); undefined where the body is none. */
type Status = {
  message?: unknown;
  reason?: unknown;
  details?: { name?: unknown; causes?: readonly { field?: unknown }[] };
};

function statusOf(body: string): Status | undefined {
  try {
    const status: unknown = JSON.parse(body);
    return typeof status === 'object' && status !== null ? status : undefined;
  } catch {
    // Not JSON: a proxy's page.
    return undefined;
  }
}

function meaning(
  status: number,
  said: string,
  { reason, details }: Status,
  asked: Asked,
  after: Ms | undefined,
): Omit<Fault, 'where'> {
  switch (status) {
    case 401:
      return { kind: 'forbidden', ...signedOut(asked) };
    case 403:
      // RBAC says what the user cannot do; an admission webhook, a quota or a policy has its own words.
      if (/\bcannot \S+ (resource|path)/.test(said) || !/denied|exceeded|violat|polic|quota|webhook/i.test(said))
        return {
          kind: 'forbidden',
          what: `not allowed to ${asked.to} (403)`,
          short: `not allowed to ${asked.to}`,
          hint: `request permission to ${asked.to}`,
        };
      return {
        kind: 'forbidden',
        what: `refused (403): ${said}`,
        short: 'refused',
        hint: /exceeded quota/.test(said)
          ? 'raise the ResourceQuota, or scale something down first'
          : 'a cluster policy denies it: its words say which',
      };
    case 404:
      return {
        kind: 'malformed',
        what: `not found (404): ${said}`,
        short: 'not found',
        // A name: this object is missing. None: the API itself.
        hint: details?.name || !details ? 'check namespace and context' : 'this cluster does not serve that API',
      };
    case 409:
      if (reason === 'AlreadyExists')
        return {
          kind: 'malformed',
          what: `exists already (409): ${said}`,
          short: 'exists already',
          hint: 'nothing to create',
        };
      return {
        kind: 'malformed',
        what: `conflict (409): ${said}`,
        short: 'conflict',
        hint: 'another client changed it first: refresh and retry',
      };
    case 410:
      return { kind: 'malformed', what: 'resource version too old (410)', hint: 'retries automatically' };
    case 422: {
      const fields = (details?.causes ?? []).map(({ field }) => sanitize(field, 80)).filter(Boolean);
      const hint =
        fields.length > 0 ? `fix ${[...new Set(fields)].slice(0, 3).join(', ')}` : 'fix the field that it names';
      return { kind: 'malformed', what: `not valid (422): ${said}`, short: 'not valid', hint };
    }
    case 429:
      return {
        kind: 'limited',
        what: 'too many requests (429)',
        hint: `wait${after === undefined ? '' : ` ${formatAge(after)}`}; find the client that sends too many requests`,
      };
  }
  const what = `answered ${status}${said ? `: ${said}` : ''}`;
  if (status >= 500)
    return {
      kind: 'unreachable',
      what,
      short: `answered ${status}`,
      hint: 'check the control plane: the API server fails',
    };
  return { kind: 'malformed', what, short: `answered ${status}`, hint: 'read its answer' };
}

/** A 401: the login is not valid any more; an expired certificate is the one reason visible from here. */
function signedOut({ certificate, context }: Asked): Pick<Fault, 'what' | 'short' | 'hint'> {
  const ended = certificate === undefined ? undefined : endOfCertificate(certificate);
  if (ended !== undefined && ended < Date.now())
    return {
      short: 'client certificate expired',
      what: `client certificate expired ${new Date(ended).toISOString().slice(0, 10)} (401)`,
      hint: `renew the certificate of context ${context}`,
    };
  return { what: 'not signed in (401)', short: 'not signed in', hint: `sign in to context ${context}` };
}

/** What a Status body says; else its beginning. */
export function statusMessage(body: string): string {
  const status = statusOf(body);
  if (status) return status.message === undefined ? '' : sanitize(status.message, 300);
  return sanitize(
    body
      .replace(/<[^<>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
    120,
  );
}
