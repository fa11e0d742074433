import { describe, expect, test } from '@jest/globals';
import { checkModels, requestedModel } from '../../src/model-benchmark/benchmark-request.ts';

const lists = { taskKind: 'USER', lists: { hide: 'random', positiveFrom: 3 } } as const;

describe('requestedModel', () => {
  test('lets a model of positives learn from the positives that are searched for', () => {
    expect(requestedModel(lists, 'ease')).toMatchObject({ config: { positiveFrom: 3 } });
    expect(requestedModel(lists, 'itempop')).toMatchObject({ config: { positiveFrom: 3 } });
    expect(requestedModel({ ...lists, config: { positiveFrom: 5 } }, 'ease')).toMatchObject({
      config: { positiveFrom: 5 },
    });
  });

  test('leaves it to the training if no value is given', () => {
    const model = requestedModel({ taskKind: 'USER', lists: { hide: 'random' } }, 'ease');
    expect(model).not.toHaveProperty('config.positiveFrom');
  });

  test('gives the value to no model that does not know it', () => {
    expect(requestedModel(lists, 'bpr')).not.toHaveProperty('config.positiveFrom');
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
});
