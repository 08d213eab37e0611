import { declare } from './rule.ts';

export const gatewayRules = declare({
  'gateway/ok': {
    verdict: 'ok',
    when: 'both endpoints answer 2xx, and their words and those of their services mean well',
    from: 'GET /health, GET /v1/health',
  },
  'gateway/warning': {
    verdict: 'warning',
    when: 'the worse endpoint says degraded, or a service other than the database is ill while it says so',
    from: 'GET /health, GET /v1/health',
    source: 'health+json (warn)',
  },
  'gateway/critical': {
    verdict: 'critical',
    when: 'the worse endpoint answers no 2xx, says that it is ill, tells no health, or names the database as ill',
    from: 'GET /health, GET /v1/health',
    source: 'runbook, Health Endpoints',
  },
  'gateway/unknown': {
    verdict: 'unknown',
    when: 'the worse endpoint gives no answer, does not let us ask (401, 403, 429), or says a word that nobody knows',
    from: 'GET /health, GET /v1/health',
  },
});
