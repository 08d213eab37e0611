// Who may import whom (docs/architecture.md). Facts flow one way, keys the other; these rules keep it so.
const layer = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: '^src/', pathNot: allowed },
});

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    layer('core-is-pure', '^src/core/', ['^src/core/'], 'core imports nothing of ours'),
    {
      name: 'core-touches-nothing',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { path: '^(node:)?(fs|net|http|https|child_process|worker_threads|os|process|tls|dns)(/|$)' },
    },
    layer('disk-knows-no-backend', '^src/disk/', ['^src/disk/', '^src/core/']),
    layer('config', '^src/config/', ['^src/config/', '^src/core/', '^src/disk/']),
    layer('data-reads-the-world', '^src/data/', [
      '^src/data/',
      '^src/core/',
      '^src/disk/',
      '^src/config/settings\\.ts$',
    ]),
    layer('actions-are-data', '^src/actions/', ['^src/actions/', '^src/core/']),
    layer('runbook-is-data', '^src/runbook/', ['^src/runbook/', '^src/core/']),
    layer('engine', '^src/engine/', ['^src/(engine|core|data|actions|runbook|config|disk)/']),
    layer('store', '^src/(store|screen-state)\\.ts$', [
      '^src/(core|engine/protocol|screen-state|screens/toolkit/line\\.ts)',
    ]),
    layer('keymap', '^src/keymap\\.ts$', [
      '^src/(core|store|screens/(cockpit/panes|screen|toolkit/line|[^/]+/palette))',
    ]),
    layer('screens-see-the-store-only', '^src/screens/', [
      '^src/(screens|core|actions|runbook)/',
      '^src/(store|keymap)\\.ts$',
      '^src/engine/protocol\\.ts$',
    ]),
    layer('app', '^src/app\\.tsx$', ['^src/screens/', '^src/store\\.ts$', '^src/engine/protocol\\.ts$']),
    {
      name: 'the-simulator-knows-nothing-of-the-product',
      severity: 'error',
      from: { path: '^simulator/' },
      to: { path: '^(src|test|scripts)/' },
    },
    {
      name: 'only-the-drill-command-starts-the-simulator',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/commands/(drill|completion)/' },
      to: { path: '^simulator/' },
    },
    {
      name: 'only-the-cockpit-has-a-screen',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot:
          '^src/(app\\.tsx|(store|screen-state)\\.ts|keymap\\.ts|screens/|commands/(cockpit/run|config/own-keys|support-bundle/frames)\\.ts)',
      },
      to: { path: '^src/(screens/|app\\.tsx)' },
    },
    {
      name: 'only-the-edge-knows-backends',
      severity: 'error',
      comment: 'PostgreSQL, Redis, Kubernetes and AWS clients are imported by data only',
      from: { path: '^src/', pathNot: '^src/data/' },
      to: { path: 'node_modules/(pg|ioredis|@kubernetes/client-node|@aws-sdk)/' },
    },
    {
      name: 'the-screen-only-in-the-screen',
      severity: 'error',
      comment: 'status, run and doctor never load React',
      from: { path: '^src/(core|config|data|actions|runbook|engine)/' },
      to: { path: 'node_modules/(ink|react|zustand)/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
