// The layout of Bentham in a cluster: its namespaces, and the labels of its pods.
import type { Labels } from './object.ts';

export type Layout = {
  production: string;
  /** Absent: the cluster has no staging. */
  staging?: string;
  /** What a deployment selects its pods by. */
  selects(deployment: string): Labels;
  /** Labels of its pods beside those. `app`: without the number of a load's deployment. */
  beside(app: string): Labels;
};

const partOf = { 'app.kubernetes.io/part-of': 'bentham' };

/** The runbook's: `app=api-gateway` in bentham-prod, rehearsed in bentham-staging. */
export const runbookLayout: Layout = {
  production: 'bentham-prod',
  staging: 'bentham-staging',
  selects: (app) => ({ app }),
  beside: (app) => ({ 'app.kubernetes.io/name': app, ...partOf }),
};

/** The platform's own: `app.kubernetes.io/name=api-gateway` in bentham, without a staging. */
export const platformLayout: Layout = {
  production: 'bentham',
  selects: (name) => ({ 'app.kubernetes.io/name': name }),
  beside: () => partOf,
};
