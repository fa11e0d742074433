/**
 * The way of the data is the architecture: a folder may import from those after it in its row, and from nothing else in
 * src/. A folder without a row, or an import that goes the other way, fails the lint.
 */
const mayImport = {
  cli: [
    'server',
    'http',
    'access',
    'explanation',
    'pipeline',
    'runs',
    'telemetry',
    'model-benchmark',
    'serving',
    'training',
    'tasks',
    'models',
    'registry',
    'interactions',
    'catalog',
    'datasets',
    'engine',
    'store',
  ],
  server: ['graphql', 'http', 'access', 'tasks', 'telemetry', 'store'],
  graphql: [
    'access',
    'explanation',
    'runs',
    'serving',
    'registry',
    'interactions',
    'catalog',
    'telemetry',
    'store',
  ],
  http: ['access', 'telemetry'],
  explanation: ['serving', 'tasks', 'models', 'engine', 'catalog', 'store'],
  pipeline: [
    'evaluation',
    'runs',
    'registry',
    'training',
    'tasks',
    'catalog',
    'models',
    'engine',
    'features',
    'store',
  ],
  runs: ['training', 'tasks', 'models', 'store'],
  serving: ['registry', 'tasks', 'models', 'engine', 'features', 'catalog', 'telemetry', 'store'],
  access: ['store'],
  telemetry: [],
  'model-benchmark': ['evaluation', 'training', 'tasks', 'models', 'engine', 'features', 'datasets'],
  evaluation: ['tasks', 'models'],
  training: ['factors', 'tasks', 'models', 'engine', 'features'],
  tasks: ['features'],
  registry: ['evaluation', 'tasks', 'models', 'engine', 'features', 'store'],
  interactions: ['catalog', 'datasets', 'store'],
  catalog: ['datasets', 'features', 'store'],
  models: ['engine', 'features'],
  factors: ['features'],
  datasets: ['features'],
  engine: [],
  features: [],
  store: [],
  common: [],
};

/** What every folder may import. */
const common = ['^src/common/', '^src/config\\.ts$'];

const layers = Object.entries(mayImport).map(([folder, allowed]) => ({
  name: `${folder}-imports-one-way`,
  severity: 'error',
  comment: `src/${folder} may import from: ${[folder, ...allowed].join(', ')}.`,
  from: { path: `^src/${folder}/` },
  to: { path: '^src/', pathNot: [...common, ...[folder, ...allowed].map((name) => `^src/${name}/`)] },
}));

module.exports = {
  forbidden: [
    ...layers,
    {
      name: 'every-folder-has-a-row',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/(${Object.keys(mayImport).join('|')})/` },
      to: {},
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-the-store-knows-prisma',
      severity: 'error',
      from: { pathNot: '^src/store/' },
      to: { path: 'node_modules/(@prisma|prisma)/|^src/store/generated/' },
    },
    {
      name: 'models-do-no-io',
      severity: 'error',
      from: { path: '^src/(models|features|training)/' },
      to: { dependencyTypes: ['core'], pathNot: '^(timers/promises|crypto)$' },
    },
    {
      name: 'no-import-of-what-is-not-installed',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '/generated/' },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: '\\.d\\.ts$|^src/main\\.ts$' },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
