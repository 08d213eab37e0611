// The three patches of Kubernetes: JSON patch (RFC 6902), merge patch (RFC 7386) and strategic merge patch.
import { isDeepStrictEqual } from 'node:util';
import { Refusal } from './status.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Fields = { [key: string]: Json };

const isFields = (value: Json | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Applies a patch of the given content type; Refusal 400, 415 or 422 where it cannot be. */
export function applyPatch(target: unknown, body: string, contentType: string): unknown {
  let patch: Json;
  try {
    patch = JSON.parse(body) as Json;
  } catch {
    throw new Refusal('BadRequest', 'error decoding patch: invalid JSON');
  }
  const document = structuredClone(target) as Json;
  switch (contentType.split(';')[0]?.trim()) {
    case 'application/json-patch+json':
      return jsonPatch(document, patch);
    case 'application/merge-patch+json':
      return mergePatch(document, patch);
    case 'application/strategic-merge-patch+json':
    // Server-side apply of a whole object ends in the same lists; who owns which field is not kept here.
    case 'application/apply-patch+yaml':
      return strategicMerge(document, patch, '');
    default:
      throw new Refusal(
        'UnsupportedMediaType',
        'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml',
      );
  }
}

export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isFields(patch)) return patch;
  const merged: Fields = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

const unescapeStep = (step: string) => step.replaceAll('~1', '/').replaceAll('~0', '~');

/** The API server does not name the operation. */
const rejected = () => new Refusal('Invalid', 'the server rejected our request due to an error in our request');

/** RFC 6902: add, remove, replace, move, copy and test. A failed test is 422 Invalid, as the API server answers. */
export function jsonPatch(target: Json, patch: Json): Json {
  if (!Array.isArray(patch)) throw new Refusal('BadRequest', 'json patch must be a list of operations');
  let document = target;
  for (const operation of patch as readonly Json[]) {
    if (!isFields(operation)) throw new Refusal('BadRequest', 'json patch operation must be an object');
    document = operate(document, operation);
  }
  return document;
}

const steps = (pointer: Json | undefined): string[] => {
  if (typeof pointer !== 'string' || (pointer !== '' && !pointer.startsWith('/'))) {
    throw new Refusal('BadRequest', `invalid json pointer: ${String(pointer)}`);
  }
  return pointer === '' ? [] : pointer.slice(1).split('/').map(unescapeStep);
};

function operate(document: Json, operation: Fields): Json {
  const path = steps(operation.path);
  switch (operation.op) {
    case 'test':
      if (!isDeepStrictEqual(read(document, path), operation.value)) {
        throw rejected();
      }
      return document;
    case 'add':
      return write(document, path, operation.value ?? null, 'add');
    case 'replace':
      if (read(document, path) === undefined) throw rejected();
      return write(document, path, operation.value ?? null, 'replace');
    case 'remove':
      if (read(document, path) === undefined) throw rejected();
      return write(document, path, undefined, 'remove');
    case 'copy':
    case 'move': {
      const from = steps(operation.from);
      const value = read(document, from);
      if (value === undefined) throw rejected();
      const rest = operation.op === 'move' ? write(document, from, undefined, 'remove') : document;
      return write(rest, path, value, 'add');
    }
    default:
      throw new Refusal('BadRequest', `unknown json patch operation: ${String(operation.op)}`);
  }
}

function read(document: Json | undefined, path: readonly string[]): Json | undefined {
  let value = document;
  for (const step of path) {
    if (Array.isArray(value)) value = (value as readonly Json[])[Number(step)];
    else if (isFields(value)) value = value[step];
    else return undefined;
  }
  return value;
}

function write(
  document: Json,
  path: readonly string[],
  value: Json | undefined,
  how: 'add' | 'replace' | 'remove',
): Json {
  const [step, ...rest] = path;
  if (step === undefined) return value ?? null;
  const outside = rejected();
  if (Array.isArray(document)) {
    const list = [...(document as readonly Json[])];
    const index = step === '-' ? list.length : Number(step);
    if (!Number.isInteger(index) || index < 0 || index > list.length) throw outside;
    const item = list[index];
    if (rest.length > 0) {
      if (item === undefined) throw outside;
      list[index] = write(item, rest, value, how);
    } else if (how === 'remove') list.splice(index, 1);
    else if (how === 'add') list.splice(index, 0, value ?? null);
    else list[index] = value ?? null;
    return list;
  }
  if (!isFields(document)) throw outside;
  const fields = { ...document };
  if (rest.length === 0) {
    if (how === 'remove') delete fields[step];
    else fields[step] = value ?? null;
    return fields;
  }
  const inner = fields[step];
  if (inner === undefined) throw outside;
  fields[step] = write(inner, rest, value, how);
  return fields;
}

// patchMergeKey of the Go types, by the name of the list.
const mergeKeys: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  imagePullSecrets: 'name',
  conditions: 'type',
  ownerReferences: 'uid',
  hostAliases: 'ip',
  topologySpreadConstraints: 'topologyKey',
};

/** `ports` are merged by containerPort in a container, by port in a service. */
function mergeKeyOf(list: string, items: readonly Json[]): string | undefined {
  if (list !== 'ports') return mergeKeys[list];
  const first = items.find(isFields);
  return first && 'containerPort' in first ? 'containerPort' : 'port';
}

/** Lists of objects merge by their key, `$patch: delete` and `replace` are obeyed; other lists are replaced. */
export function strategicMerge(target: Json | undefined, patch: Json, name: string): Json {
  if (Array.isArray(patch)) return strategicList(target, patch as readonly Json[], name);
  if (!isFields(patch)) return patch;
  const { $patch, $retainKeys, ...changes } = patch;
  if ($patch === 'replace') return withoutDirectives(changes);
  const merged: Fields = isFields(target) ? { ...target } : {};
  if (Array.isArray($retainKeys)) {
    for (const key of Object.keys(merged)) if (!($retainKeys as readonly Json[]).includes(key)) delete merged[key];
  }
  for (const [key, value] of Object.entries(changes)) {
    if (key.startsWith('$setElementOrder/')) continue;
    if (key.startsWith('$deleteFromPrimitiveList/')) {
      const list = key.slice('$deleteFromPrimitiveList/'.length);
      const gone = Array.isArray(value) ? (value as readonly Json[]) : [];
      const kept = merged[list];
      if (Array.isArray(kept)) merged[list] = (kept as readonly Json[]).filter((item) => !gone.includes(item));
    } else if (value === null) delete merged[key];
    else merged[key] = strategicMerge(merged[key], value, key);
  }
  return merged;
}

function strategicList(target: Json | undefined, patch: readonly Json[], name: string): Json {
  const existing = Array.isArray(target) ? (target as readonly Json[]) : [];
  if (patch.some((item) => isFields(item) && item.$patch === 'replace' && Object.keys(item).length === 1)) {
    return patch.filter((item) => !(isFields(item) && item.$patch === 'replace')).map(withoutDirectives);
  }
  // Finalizers are the one list of plain values that merges.
  if (name === 'finalizers') return [...new Set([...existing, ...patch])];
  const key = mergeKeyOf(name, patch);
  if (key === undefined || !patch.every(isFields)) return patch.map(withoutDirectives);
  const merged = [...existing];
  for (const item of patch) {
    if (!isFields(item)) continue;
    const index = merged.findIndex((known) => isFields(known) && isDeepStrictEqual(known[key], item[key]));
    if (item.$patch === 'delete') {
      if (index >= 0) merged.splice(index, 1);
    } else if (index >= 0) merged[index] = strategicMerge(merged[index], item, '');
    else merged.push(withoutDirectives(item));
  }
  return merged;
}

function withoutDirectives(value: Json): Json {
  return isFields(value) ? strategicMerge({}, value, '') : value;
}
