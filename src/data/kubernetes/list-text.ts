// Lists as the API server writes them, read object by object: a page of 500 pods as one tree of values would outlive the
// young generation, and a third of it is `managedFields`, which nobody here reads. Whatever is written in another way is
// read as any JSON.
import { items } from './api-object.ts';

/** Where the objects of a list begin, and where one ends and the next begins. In a string its quotes were escaped. */
const opening = '"items":[';
const between = '},{"metadata":{';
const managed = '"managedFields":[';

/** A list: what it says of itself, and its members, which are read while they are asked for. */
export type ReadList<W> = {
  metadata: unknown;
  /** Undefined: it is no list. Throws a `SyntaxError` where what is left is not JSON. */
  members: Iterable<NonNullable<W>> | undefined;
};

type Wire<W> = { metadata?: unknown; items?: readonly W[] | null } | null;

/** Throws a `SyntaxError` where the text is not JSON, as far as that is seen before the members are read. */
export function readList<W>(text: string): ReadList<W> {
  const at = text.indexOf(opening);
  const end = text.trimEnd().length - ']}'.length;
  const head = at > 0 && text.startsWith(']}', end) ? headOf<W>(text, at) : undefined;
  if (head?.metadata) return { metadata: head.metadata, members: membersIn<W>(text, at + opening.length, end) };
  const whole = JSON.parse(text) as Wire<W>;
  return {
    metadata: whole?.metadata,
    members: Array.isArray(whole?.items) ? items<W>(whole.items) : undefined,
  };
}

/** Where it is an object of its own, the items are a member of the list itself. */
function headOf<W>(text: string, at: number): Wire<W> | undefined {
  try {
    return JSON.parse(`${text.slice(0, at)}${opening}]}`) as Wire<W>;
  } catch {
    return undefined;
  }
}

function* membersIn<W>(text: string, from: number, end: number): Generator<NonNullable<W>> {
  let begin = from;
  let given = 0;
  while (begin < end) {
    const next = text.indexOf(between, begin);
    const stop = next < 0 ? end : next + 1;
    let member: W;
    try {
      member = readObject<W>(text.slice(begin, stop));
    } catch {
      // This one begins in another way, or has such objects in it.
      yield* items<W>((JSON.parse(text) as Wire<W>)?.items?.slice(given));
      return;
    }
    yield* items<W>([member]);
    given += 1;
    // Over the comma.
    begin = stop + 1;
  }
}

/** One object from its JSON, with the list of its managed fields empty. Throws a `SyntaxError`. */
export function readObject<W>(text: string): W {
  const lean = withoutManagedFields(text);
  if (lean === undefined) return JSON.parse(text) as W;
  try {
    return JSON.parse(lean) as W;
  } catch {
    return JSON.parse(text) as W;
  }
}

/**
 * Undefined: there are none that are seen at once. Sets of fields have no arrays, so the first bracket ends their list; one in a
 * string of theirs would leave the rest of the object within quotes, which is no JSON.
 */
function withoutManagedFields(text: string): string | undefined {
  const at = text.indexOf(managed);
  if (at < 0) return undefined;
  const from = at + managed.length;
  const to = text.indexOf(']', from);
  const nested = text.indexOf('[', from);
  if (to < 0 || (nested >= 0 && nested < to)) return undefined;
  return text.slice(0, from) + text.slice(to);
}
