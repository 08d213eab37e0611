// Lists as the API server writes them, read object by object while they arrive: a page of 500 pods as one text and one
// tree of values would outlive the young generation, and a third of it is `managedFields`, which nobody here reads.
// Whatever is written in another way is read as any JSON.

/** Where the objects of a list begin, and where one ends and the next begins. In a string its quotes were escaped. */
const opening = '"items":[';
const between = '},{"metadata":{';
const managed = '"managedFields":[';
/** What a list says before its objects, in characters. */
const longestHead = 64 * 1024;
/** Of one object; etcd accepts 1.5 MB. Longer ones are read with all that follows them. */
const longestObject = 8 * 1024 * 1024;

type Wire = { metadata?: unknown; items?: unknown } | null;

/** `members`: undefined if it is no list. `bug`: what was thrown about one of them. */
export type ReadList<E> = { metadata: unknown; members: readonly E[] | undefined; bug?: unknown };

/** Reads one list. `W` is what its objects should be; `member` makes of each of them what is kept. */
export class ListReader<W extends object, E> {
  readonly #member: (wire: W) => E;
  readonly #members: E[] = [];
  #bug: unknown;
  #metadata: unknown;
  /** `head`: before the objects. `rest`: what is left is read at the end, behind `#before`. */
  #place: 'head' | 'objects' | 'rest' = 'head';
  #before = '';
  #text = '';
  /** How much of the text has no end of an object in it. */
  #searched = 0;
  readonly #rest: string[] = [];

  constructor(member: (wire: W) => E) {
    this.#member = member;
  }

  push(text: string): void {
    if (this.#place === 'rest') {
      this.#rest.push(text);
      return;
    }
    this.#text += text;
    if (this.#place === 'head') this.#readHead();
    if (this.#place === 'objects') this.#readObjects();
  }

  /** Throws a `SyntaxError` where it was not JSON. */
  end(): ReadList<E> {
    if (this.#place === 'objects') this.#readLast();
    else this.#readRest();
    return { metadata: this.#metadata, members: this.#place === 'head' ? undefined : this.#members, bug: this.#bug };
  }

  #readHead(): void {
    const at = this.#text.indexOf(opening);
    if (at < 0) {
      if (this.#text.length > longestHead) this.#leave();
      return;
    }
    // Only where that is an object, the items are a member of the list itself.
    const head = parsed<Wire>(`${this.#text.slice(0, at)}${opening}]}`);
    if (!head?.metadata) {
      this.#leave();
      return;
    }
    this.#metadata = head.metadata;
    this.#text = this.#text.slice(at + opening.length);
    this.#place = 'objects';
  }

  #readObjects(): void {
    let begin = 0;
    let isOdd = false;
    let at = this.#text.indexOf(between, this.#searched);
    while (at >= 0) {
      const object = parsedObject(this.#text.slice(begin, at + 1));
      // It has such objects in it, or begins in another way.
      isOdd = object === undefined;
      if (isOdd) break;
      this.#add(object);
      // Over the comma.
      begin = at + 2;
      at = this.#text.indexOf(between, begin);
    }
    this.#text = this.#text.slice(begin);
    this.#searched = Math.max(0, this.#text.length - between.length);
    if (isOdd || this.#text.length > longestObject) this.#leave(`{${opening}`);
  }

  #readLast(): void {
    const text = this.#text.trimEnd();
    const last = text.endsWith(']}') ? text.slice(0, -2) : undefined;
    const object = last === undefined ? undefined : parsedObject(last);
    if (object !== undefined) this.#add(object);
    else if (last !== '' || this.#members.length > 0) {
      this.#leave(`{${opening}`);
      this.#readRest();
    }
  }

  /** Reads what is left at the end, as the rest of a list where `before` says so. */
  #leave(before = ''): void {
    this.#before = before;
    this.#rest.push(this.#text);
    this.#text = '';
    this.#place = 'rest';
  }

  #readRest(): void {
    const whole = JSON.parse(this.#before + this.#rest.join('') + this.#text) as Wire;
    if (this.#before === '') this.#metadata = whole?.metadata;
    if (!Array.isArray(whole?.items)) {
      this.#place = 'head';
      return;
    }
    this.#place = 'rest';
    for (const one of whole.items) this.#add(one);
  }

  #add(value: unknown): void {
    if (typeof value !== 'object' || value === null || this.#bug !== undefined) return;
    try {
      this.#members.push(this.#member(value as W));
    } catch (error) {
      this.#bug = error;
    }
  }
}

/** Undefined: it is no JSON. */
function parsed<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

function parsedObject(text: string): object | undefined {
  const lean = withoutManagedFields(text);
  return (lean === undefined ? undefined : parsed<object>(lean)) ?? parsed<object>(text);
}

/** One object from its JSON, with the list of its managed fields empty. Throws a `SyntaxError`. */
export function readObject<W>(text: string): W {
  const lean = withoutManagedFields(text);
  return (lean === undefined ? undefined : parsed<W>(lean)) ?? (JSON.parse(text) as W);
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
