import { describe, expect, test } from '@jest/globals';
import { decidePromotion } from '../../src/registry/promotion-rule.ts';
import { judgeScenarios } from '../../src/registry/scenario-rule.ts';

const first = decidePromotion({ recall10: 0.3 }, null, 0.01);
const measured = (recall10: number, tasks: number, popularity: number) => ({
  value: { recall10, tasks },
  popularity: { recall10: popularity, tasks },
});

describe('judgeScenarios', () => {
  test('refuses a first version that is worse than popularity, and says by how much', () => {
    expect(judgeScenarios(first, measured(0.3, 5, 0.4))).toEqual({
      ...first,
      promoted: false,
      reason:
        "This version is worse than popularity. Its Recall@10 on 5 held-out scenarios is 0.300, 25% worse than popularity's 0.400. " +
        'Such a version never becomes active by itself. An admin can promote it.',
    });
  });

  test.each([
    ['worse on 3 scenarios by a little', measured(0.3999, 3, 0.4), false],
    ['worse on 2 scenarios', measured(0.1, 2, 0.4), true],
    ['as good', measured(0.4, 5, 0.4), true],
    ['better', measured(0.5, 5, 0.4), true],
    ['not measured', { value: {}, popularity: {} }, true],
  ])('%s: %#', (_, compared, promoted) => {
    expect(judgeScenarios(first, compared).promoted).toBe(promoted);
  });

  test('says how the version compares to popularity, also if it is promoted', () => {
    const { reason } = judgeScenarios(first, measured(0.92, 1, 0.2));
    expect(reason).toBe(
      "No other version was active for this task kind. Its Recall@10 on 1 held-out scenario is 0.920, 4.6 times popularity's 0.200.",
    );
  });

  test('does not promote what the promotion rule refuses', () => {
    const refused = decidePromotion({ recall10: 0.3 }, { versionId: 7, metrics: { recall10: 0.5 } }, 0.01);
    const { promoted, reason } = judgeScenarios(refused, measured(0.3, 5, 0.2));
    expect(promoted).toBe(false);
    expect(reason).toMatch(/more than 1% worse than .* 50% better than popularity's 0\.200\.$/);
  });
});
