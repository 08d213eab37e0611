// A request as access logs write it.
import { toMs } from './duration.ts';

/** Fields that a line of text names by its place and not by a name; durations in milliseconds. */
export type Named = {
  method?: string;
  url?: string;
  statusCode?: number;
  responseTime?: number;
  requestId?: string;
  userAgent?: string;
  /** The client closed the connection before the answer. */
  gaveUp?: boolean;
};

/** `GET /v1/studies HTTP/1.1`. */
export function requestOf(text: string): Pick<Named, 'method' | 'url'> {
  const [, method, url] = /^([A-Z]{3,10}) (\S+)/.exec(text) ?? [];
  return { method, url };
}

/** An access log has no level: an answer that failed is an error, one that was refused a warning. */
export function levelOfStatus(status: number): number {
  return status >= 500 || status === 0 ? 50 : status >= 400 ? 40 : 30;
}

const quotedOrWord = /"((?:[^"\\]|\\[\s\S])*)(?:"|\\?$)|\[([^\]"[]*)\]?|([^\s"[]+)/g;

/** The words of the rest of a line: what stands in quotes apart from what does not. */
export function wordsOf(text: string): { quoted: readonly string[]; words: readonly string[] } {
  const quoted: string[] = [];
  const words: string[] = [];
  for (const [, inQuotes, inBrackets, word] of text.slice(0, 4000).matchAll(quotedOrWord)) {
    if (inQuotes !== undefined) quoted.push(inQuotes);
    else if (inBrackets === undefined && word !== undefined) words.push(word);
  }
  return { quoted, words };
}

const present = (text: string | undefined) => (text === undefined || text === '-' || text === '' ? undefined : text);
const looksUnique = /^(?:[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f-]{27})$/i;

/**
 * What follows the status in an access log of nginx, its ingress, Apache or Traefik: bytes, referer, user agent, and
 * what was added: a time in seconds (nginx's has a dot) or with a unit, a request id.
 */
export function afterStatus(rest: string): Pick<Named, 'userAgent' | 'responseTime' | 'requestId'> {
  const { quoted, words } = wordsOf(rest);
  const time = words.find((word) => /^(?:rt=|request_time=)?\d+\.\d+$|^\d+(?:\.\d+)?(?:ms|µs|us|s)$/.test(word));
  const id = [...words].reverse().find((word) => looksUnique.test(word)) ?? quoted.find((one) => looksUnique.test(one));
  return {
    userAgent: present(quoted[1]),
    responseTime: toMs(time?.replace(/^\w+=/, ''), 'request_time'),
    requestId: id,
  };
}

/** What follows the flags in an access log of Envoy: bytes received and sent, the duration in ms; strings. */
export function afterFlags(rest: string): Pick<Named, 'userAgent' | 'responseTime' | 'requestId'> {
  const { quoted, words } = wordsOf(rest);
  const numbers = words.filter((word) => /^\d+$/.test(word));
  const at = quoted.findIndex((one) => looksUnique.test(one));
  return {
    responseTime: numbers[2] === undefined ? undefined : Number(numbers[2]),
    requestId: present(quoted[at]),
    userAgent: present(quoted[at > 0 ? at - 1 : 1]),
  };
}
