import { describe, expect, test } from '@jest/globals';
import { checkModels, requestedModel } from '../../src/model-benchmark/benchmark-request.ts';

const lists = { taskKind: 'USER', lists: { hide: 'random', positiveFrom: 3 } } as const;

describe('requestedModel', () => {
  test('leaves what counts as positive to the data, unless the configuration says it', () => {
    for (const name of ['ease', 'itempop', 'bpr'])
      expect(requestedModel(lists, name)).not.toHaveProperty('config.positiveFrom');
    expect(requestedModel({ ...lists, config: { positiveFrom: 5 } }, 'ease')).toMatchObject({
      config: { positiveFrom: 5 },
    });
  });

  test('leaves a model without a recipe as it is', () => {
    expect(requestedModel({ ...lists, config: { lambda: 1 }, epochs: 3 }, 'content-knn')).not.toHaveProperty('kind');
  });
});

describe('checkModels', () => {
  test('accepts objectives that rank only in the protocol of lists', () => {
    const bpr = { config: { objective: 'bpr' } };
    expect(() => checkModels(['mse'], { ...lists, ...bpr })).not.toThrow();
    expect(() => checkModels(['film'], { taskKind: 'USER', ...bpr })).toThrow('objective: expected mse');
  });

  test('accepts a model that ranks the catalog in the protocol of ratings if it predicts ratings beside', () => {
    expect(() => checkModels(['list'], { taskKind: 'USER' })).not.toThrow();
    const config = { ratingHead: { width: 0 } };
    expect(() => checkModels(['list'], { taskKind: 'USER', config })).toThrow('ratingHead.width: expected at least 1');
  });
});
