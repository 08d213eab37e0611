import { declare } from './rule.ts';

export const gatewayRules = declare({
  'gateway/ok': {
    verdict: 'ok',
    when: 'both endpoints answer 2xx, and report themselves and every service as healthy',
    from: 'GET /health, GET /v1/health',
  },
  'gateway/warning': {
    verdict: 'warning',
    when: 'the worse endpoint reports degraded, or a service other than the database as unhealthy',
    from: 'GET /health, GET /v1/health',
    source: 'health+json (warn)',
  },
  'gateway/critical': {
    verdict: 'critical',
    when: 'the worse endpoint answers without 2xx, reports unhealthy, reports no health, or reports the database as unhealthy',
    from: 'GET /health, GET /v1/health',
    source: 'runbook, Health Endpoints',
  },
  'gateway/unknown': {
    verdict: 'unknown',
    when: 'the worse endpoint does not answer, refuses the request (401, 403, 429), or reports an unknown word',
    from: 'GET /health, GET /v1/health',
  },
});
