// Whether a deployment's selector fits a pod's labels: Kubernetes, "Labels and Selectors".
import { expect, test } from 'vitest';
import { fits } from '../../src/data/kubernetes/pod-ownership.ts';

const labels = { app: 'executor', tier: 'work' };
const expression = (operator: string, key: string, ...values: string[]) => ({
  matchExpressions: [{ key, operator, values }],
});

test.each([
  ['every label is the same', { matchLabels: { app: 'executor', tier: 'work' } }, true],
  ['one label differs', { matchLabels: { app: 'executor', tier: 'web' } }, false],
  ['one label is not there', { matchLabels: { app: 'executor', zone: 'a' } }, false],
  ['In: among the values', expression('In', 'app', 'gateway', 'executor'), true],
  ['In: not among them', expression('In', 'app', 'gateway'), false],
  ['In: the label is not there', expression('In', 'zone', 'a'), false],
  ['NotIn: among the values', expression('NotIn', 'app', 'gateway', 'executor'), false],
  ['NotIn: not among them', expression('NotIn', 'app', 'gateway'), true],
  ['NotIn: the label is not there', expression('NotIn', 'zone', 'a'), true],
  ['Exists: there', expression('Exists', 'app'), true],
  ['Exists: not there', expression('Exists', 'zone'), false],
  ['DoesNotExist: there', expression('DoesNotExist', 'app'), false],
  ['DoesNotExist: not there', expression('DoesNotExist', 'zone'), true],
  ['an operator of a later Kubernetes', expression('Gt', 'app', '1'), false],
  ['labels fit, an expression does not', { matchLabels: { app: 'executor' }, ...expression('Exists', 'zone') }, false],
  ['an empty selector', {}, false],
  ['no selector', undefined, false],
])('%s', (_, selector, expected) => expect(fits(selector, labels)).toBe(expected));
