/**
 * The way of the data is the architecture: imports go one way along it. Each row lists the folders of src/ that a
 * folder can import, besides src/common. The lint fails on any other import, and on a folder without a row.
 */
const mayImport = {
  cli: [
    'backup',
    'processes',
    'server',
    'live-catalog',
    'http',
    'access',
    'explanation',
    'pipeline',
    'runs',
    'telemetry',
    'model-benchmark',
    'evaluation',
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
  backup: ['processes', 'store'],
  processes: ['telemetry'],
  server: ['graphql', 'http', 'access', 'interactions', 'telemetry', 'store'],
  graphql: [
    'access',
    'live-catalog',
    'explanation',
    'runs',
    'serving',
    'registry',
    'interactions',
    'catalog',
    'features',
    'telemetry',
    'store',
  ],
  http: ['access', 'telemetry'],
  explanation: ['serving', 'live-catalog', 'tasks', 'models', 'engine', 'catalog', 'store'],
  pipeline: ['evaluation', 'runs', 'registry', 'training', 'tasks', 'catalog', 'models', 'engine', 'features', 'store'],
  runs: ['training', 'tasks', 'models', 'store'],
  serving: [
    'retrieval',
    'live-catalog',
    'registry',
    'tasks',
    'models',
    'engine',
    'features',
    'catalog',
    'telemetry',
    'store',
  ],
  'live-catalog': ['tasks', 'features', 'catalog', 'store'],
  retrieval: ['engine'],
  access: ['store'],
  telemetry: [],
  'model-benchmark': ['evaluation', 'training', 'tasks', 'models', 'engine', 'features', 'datasets'],
  evaluation: ['tasks', 'models', 'features'],
  training: ['factors', 'tasks', 'models', 'engine', 'features'],
  tasks: ['features'],
  registry: ['evaluation', 'tasks', 'models', 'engine', 'catalog', 'features', 'store'],
  interactions: ['catalog', 'datasets', 'features', 'store'],
  catalog: ['datasets', 'features', 'store'],
  models: ['engine', 'features'],
  factors: ['features'],
  datasets: ['features'],
  engine: [],
  features: [],
  store: [],
  common: [],
};

/** The processes that read the settings. All other code gets its settings as arguments. */
const readsConfig = ['cli', 'model-benchmark'];

const layers = Object.entries(mayImport).map(([folder, allowed]) => ({
  name: `${folder}-imports-one-way`,
  severity: 'error',
  comment: `src/${folder} can import: ${[...allowed, 'common'].join(', ')}.`,
  from: { path: `^src/${folder}/` },
  to: {
    path: '^src/',
    pathNot: [
      ...[folder, ...allowed, 'common'].map((name) => `^src/${name}/`),
      ...(readsConfig.includes(folder) ? ['^src/config\\.ts$'] : []),
    ],
  },
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
      comment: 'Imports of types count too. Prisma generates circles, which are not ours to change.',
      from: { pathNot: '/generated/' },
      to: { circular: true },
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
      name: 'no-missing-packages',
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
