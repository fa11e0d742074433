import { describe, expect, test } from '@jest/globals';
import { WarmstartErrors } from '../../src/common/errors.ts';
import { type RequestedTraining, requestedTraining } from '../../src/runs/requested-training.ts';

/** Returns the fields of the errors and their messages; empty if the request is valid. */
function problemsOf(training: RequestedTraining): { field: string | undefined; message: string }[] {
  try {
    requestedTraining(training);
    return [];
  } catch (error) {
    if (!(error instanceof WarmstartErrors)) throw error;
    return error.errors.map(({ field, message }) => ({ field: field?.join('.'), message }));
  }
}

const fieldsOf = (training: RequestedTraining) => problemsOf(training).map(({ field }) => field);
/** Training of a model that predicts ratings, which is CMML with parts of its own. */
const rating = { taskKind: 'USER', objective: 'MSE' } as const;
const noNegatives = { episodes: { negatives: 'none' } };

describe('requestedTraining', () => {
  test('reports a ranking objective without negatives at the field of the objective', () => {
    const message = expect.stringMatching(/^training\.objective: "bpr" compares .*episodes\.negatives/);
    expect(problemsOf({ taskKind: 'USER', objective: 'BPR', options: noNegatives })).toEqual([
      { field: 'training.objective', message },
    ]);
    expect(fieldsOf({ taskKind: 'USER', config: { objective: 'bpr' }, options: noNegatives })).toEqual([
      'training.config.objective',
    ]);
  });

  test('reports scenario training without negatives at the field of the negatives', () => {
    const message = expect.stringMatching(/^training\.options\.episodes\.negatives: expected "query"/);
    expect(problemsOf({ taskKind: 'SCENARIO', options: noNegatives })).toEqual([
      { field: 'training.options.episodes.negatives', message },
    ]);
  });

  test.each([
    ['minimumPairs', { episodes: { minimumPairs: 900 } }, /: expected at most historyLimit \(100\), .*, got 900/],
    ['minimumPairs', { historyLimit: 12 }, /: expected at most historyLimit \(12\), .*, got 13/],
    ['queryShare', { episodes: { queryShare: 0.0099 } }, /: expected .* historyLimit \(100\), .*, got 0\.0099/],
  ])('refuses user training that no user could qualify for, at %s', (name, options, message) => {
    expect(problemsOf({ ...rating, options })).toEqual([
      { field: `training.options.episodes.${name}`, message: expect.stringMatching(message) },
    ]);
  });

  test('accepts user training at the limits, and scenario training without a history limit', () => {
    const atLimit = { historyLimit: 100, episodes: { minimumPairs: 100, queryShare: 0.01 } };
    expect(fieldsOf({ ...rating, options: atLimit })).toEqual([]);
    expect(fieldsOf({ taskKind: 'SCENARIO', options: { episodes: { minimumPairs: 900 } } })).toEqual([]);
    expect(fieldsOf({ taskKind: 'SCENARIO', maxUsers: 1 })).toEqual([]);
  });

  test('reports both fields of each contradiction', () => {
    const training = {
      taskKind: 'USER',
      encoder: 'GRU',
      config: { encoder: 'meanPool' },
      epochs: 2,
      options: { epochs: 5 },
    } as const;
    expect(fieldsOf(training)).toEqual([
      'training.encoder',
      'training.config.encoder',
      'training.epochs',
      'training.options.epochs',
    ]);
    expect(problemsOf(training)[0]?.message).toBe(
      'training.encoder: expected one value, got "gru" in training.encoder and "meanPool" in training.config.encoder; remove one of them',
    );
  });

  test('accepts equal values in two places', () => {
    const config = { encoder: 'gru' };
    expect(fieldsOf({ ...rating, encoder: 'GRU', config, epochs: 5, options: { epochs: 5 } })).toEqual([]);
  });

  const tooLarge: [section: 'config' | 'options', field: string, largest: object, larger: object][] = [
    ['config', 'embeddingWidth', { embeddingWidth: 4096 }, { embeddingWidth: 4097 }],
    ['config', 'factorWidth', { factorWidth: 4096 }, { factorWidth: 4097 }],
    ['config', 'labelWidths', { labelWidths: Array(16).fill(1) }, { labelWidths: Array(17).fill(1) }],
    ['config', 'contextWidths.1', { contextWidths: [1, 4096] }, { contextWidths: [1, 100_000] }],
    ['config', 'ridgeWidth', { ridgeWidth: 4096 }, { ridgeWidth: 4097 }],
    ['config', 'attention.heads', { attention: { heads: 64 } }, { attention: { heads: 65 } }],
    ['config', 'softModules.modules', { softModules: { modules: 64 } }, { softModules: { modules: 65 } }],
    ['config', 'supportLimit', { supportLimit: 10_000 }, { supportLimit: 10_001 }],
    ['options', 'epochs', { epochs: 1_000_000 }, { epochs: 1_000_001 }],
    ['options', 'historyLimit', { historyLimit: 10_000 }, { historyLimit: 10_001 }],
    ['options', 'tasksPerStep', { tasksPerStep: 1024 }, { tasksPerStep: 1025 }],
    [
      'options',
      'episodes.supportPairs',
      { episodes: { supportPairs: 10_000 } },
      { episodes: { supportPairs: 10_001 } },
    ],
  ];
  test.each(tooLarge)('accepts the maximum of %s.%s, and refuses more', (section, field, largest, larger) => {
    expect(fieldsOf({ ...rating, [section]: largest })).toEqual([]);
    expect(fieldsOf({ ...rating, [section]: larger })).toEqual([`training.${section}.${field}`]);
  });

  test.each([
    ['vectorWidth', { vectorWidth: 4096 }, { vectorWidth: 4097 }],
    ['closedForm.width', { closedForm: { width: 1024 } }, { closedForm: { width: 1025 } }],
    ['novelty', { novelty: 1 }, { novelty: 1.1 }],
  ])(
    'accepts the maximum of config.%s of a model that ranks the catalog, and refuses more',
    (field, largest, larger) => {
      expect(fieldsOf({ taskKind: 'USER', config: largest })).toEqual([]);
      expect(fieldsOf({ taskKind: 'USER', config: larger })).toEqual([`training.config.${field}`]);
    },
  );

  test.each([
    ['an argument', { encoder: 'GRU' }, 'training.encoder'],
    ['the configuration', { config: { encoder: 'gru' } }, 'training.config.encoder'],
  ] as const)(
    'says which objectives have an encoder if %s gives one to a model that ranks the catalog',
    (_, given, field) => {
      const message = `${field}: only the objectives "mse", "bce", "hinge", "bpr" have this field, and the objective is "softmax", the default for users`;
      expect(problemsOf({ taskKind: 'USER', ...given })).toEqual([{ field, message }]);
    },
  );

  test('refuses to rank the catalog for scenarios, at the objective', () => {
    const message = expect.stringMatching(/^training\.objective: "softmax" ranks the catalog for users/);
    expect(problemsOf({ taskKind: 'SCENARIO', objective: 'SOFTMAX' })).toEqual([
      { field: 'training.objective', message },
    ]);
  });

  test.each([
    ['hyperWidths', { hyperWidths: Array(12).fill(4096), backboneWidths: Array(12).fill(1) }, 'CMML'],
    ['softModules', { modulation: 'softModules', softModules: { modules: 64, moduleWidths: [4096, 4096] } }, 'CMML'],
    ['deepWidths', { deepWidths: Array(16).fill(4096) }, 'DCN'],
  ] as const)('of more parameters than a machine can train blames %s, which adds most', (name, config, kind) => {
    const [problem, ...others] = problemsOf({ ...rating, kind, config });
    expect(others).toEqual([]);
    expect(problem).toEqual({
      field: `training.config.${name}`,
      message: expect.stringMatching(
        /: expected a model of at most 100,000,000 trained parameters, got at least [\d,]+, [\d,]+ of them for this size \(the largest is ".+" of \[[\d, ]+\]\); lower it$/,
      ),
    });
  });

  test('accepts a model just below the maximum number of parameters', () => {
    // A layer of 4096 by 4096, and little else: 16.8 million parameters each.
    const deepWidths = (layers: number) => ({ deepWidths: Array(layers).fill(4096) });
    expect(fieldsOf({ taskKind: 'USER', kind: 'DCN', config: deepWidths(6) })).toEqual([]);
    expect(fieldsOf({ taskKind: 'USER', kind: 'DCN', config: deepWidths(7) })).toHaveLength(1);
  });

  test.each([
    ['config', { config: JSON.parse('{"__proto__": {"width": 8}}') }],
    ['options', { options: JSON.parse('{"__proto__": {"epochs": 3}}') }],
  ])('refuses a field of %s named __proto__, and reads no other fields in it', (section, request) => {
    expect(fieldsOf({ taskKind: 'USER', ...request })).toEqual([`training.${section}.__proto__`]);
  });

  test('refuses a DCN with too many layers or steps', () => {
    const config = { crossLayers: 17, fineTuning: { steps: 10_001 } };
    expect(fieldsOf({ taskKind: 'USER', kind: 'DCN', config })).toEqual([
      'training.config.crossLayers',
      'training.config.fineTuning.steps',
    ]);
  });
});
