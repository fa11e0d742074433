import { describe, expect, test } from '@jest/globals';
import { parseDcnConfig } from '../../../src/models/dcn/dcn-config.ts';
import { batchInputs, latestPairs, supportBatches } from '../../../src/models/gradient-steps/support-batches.ts';

const batches = (config: object, labels: number[]) =>
  supportBatches(parseDcnConfig(config), Float32Array.from(labels)).map((places) => [...places]);

describe('supportBatches', () => {
  test('cuts pairs into batches of the support limit and fills the last one with empty places', () => {
    expect(batches({ supportLimit: 3 }, [5, 1, 0, 2])).toEqual([
      [0, 1, 2],
      [3, -1, -1],
    ]);
    expect(batches({ supportLimit: 3 }, [])).toEqual([]);
  });

  test('puts the k-th positive opposite the k-th negative for a pairwise objective', () => {
    const config = { supportLimit: 4, objective: 'hinge' };
    expect(batches(config, [0, 1, 1, 0, 1, 1, 0])).toEqual([
      [1, 2, 0, 3],
      [4, -1, 6, -1],
    ]);
    expect(batches(config, [1, 1])).toEqual([]);
  });

  test('has equal room for positives and negatives if the limit is odd', () => {
    expect(batches({ supportLimit: 1, objective: 'bpr' }, [1, 0])).toEqual([[0, 1]]);
  });
});

describe('latestPairs', () => {
  const latest = (layout: { objective: 'mse' | 'hinge'; supportLimit: number }, labels: number[]) => [
    ...latestPairs(layout, Float32Array.from(labels)),
  ];

  test('keeps the last pairs in their order, and leaves places empty if there are fewer', () => {
    expect(latest({ objective: 'mse', supportLimit: 3 }, [5, 1, 0, 2, 4])).toEqual([2, 3, 4]);
    expect(latest({ objective: 'mse', supportLimit: 3 }, [5])).toEqual([0, -1, -1]);
    expect(latest({ objective: 'mse', supportLimit: 2 }, [])).toEqual([-1, -1]);
  });

  test('keeps the last positives and the last negatives for a pairwise objective, with and without partners', () => {
    expect(latest({ objective: 'hinge', supportLimit: 4 }, [1, 0, 1, 1, 0])).toEqual([2, 3, 1, 4]);
    expect(latest({ objective: 'hinge', supportLimit: 4 }, [1, 1, 1])).toEqual([1, 2, -1, -1]);
  });
});

test('batchInputs has one row per place, and zeros with mask 0 for an empty place', () => {
  const support = {
    users: { rows: 1, width: 1, data: Float32Array.of(7) },
    items: { rows: 2, width: 2, data: Float32Array.of(1, 2, 3, 4) },
    labels: Float32Array.of(5, 6),
  };
  const { users, items, labels, mask } = batchInputs(support, Int32Array.of(1, -1, 0));
  expect([...(users?.data ?? [])]).toEqual([7, 0, 7]);
  expect(items).toMatchObject({ shape: [3, 2], data: Float32Array.of(3, 4, 0, 0, 1, 2) });
  expect([...(labels?.data ?? [])]).toEqual([6, 0, 5]);
  expect([...(mask?.data ?? [])]).toEqual([1, 0, 1]);
});
