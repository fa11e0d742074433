/**
 * The way of the data is the architecture: a folder may import from those after it in its row, and from nothing else in
 * src/. A folder without a row, or an import that goes the other way, fails the lint.
 */
const mayImport = {
  cli: [
    'graphql',
    'http',
    'access',
    'explanation',
    'jobs',
    'telemetry',
    'comparison',
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
  graphql: [
    'http',
    'access',
    'explanation',
    'jobs',
    'serving',
    'registry',
    'interactions',
    'catalog',
    'telemetry',
    'store',
  ],
  http: ['access', 'registry', 'telemetry', 'store'],
  explanation: ['serving', 'tasks', 'models', 'engine', 'catalog', 'store'],
  jobs: ['evaluation', 'training', 'tasks', 'registry', 'models', 'engine', 'telemetry', 'store'],
  serving: ['registry', 'tasks', 'models', 'engine', 'features', 'catalog', 'telemetry', 'store'],
  access: ['store'],
  telemetry: [],
  comparison: ['evaluation', 'training', 'tasks', 'models', 'engine', 'features', 'datasets'],
  evaluation: ['tasks', 'models'],
  training: ['factors', 'tasks', 'models', 'engine', 'features'],
  tasks: ['catalog', 'features', 'store'],
  registry: ['models', 'engine', 'features', 'store'],
  interactions: ['catalog', 'datasets', 'store'],
  catalog: ['datasets', 'features', 'store'],
  models: ['engine', 'features'],
  factors: ['features'],
  datasets: ['features'],
  engine: [],
  features: [],
  store: [],
};

/** Files beside the folders that any of them may read. */
const common = [
  '^src/errors\\.ts$',
  '^src/config\\.ts$',
  '^src/project-root\\.ts$',
  '^src/parse-configuration\\.ts$',
  '^src/open-worker\\.ts$',
];

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
