import { beforeAll, describe, expect, test } from '@jest/globals';
import type { WhyNotRequest } from '../../src/explanation/why-not.ts';
import { smallCatalog } from '../support/small-dataset.ts';
import { serveUntrainedModel } from '../support/test-model.ts';
import { explanationPlatform } from './explanation-platform.ts';

const scenarios = [{ id: 's1', title: 'First', items: ['i1', 'i2', 'i3', 'i4', 'i5', 'i6'] }];
const ids = ['user', 'item'] as const;

describe('whyNot', () => {
  const platform = explanationPlatform({ ...smallCatalog(9, 30), scenarios });
  const ask = (item: string, more: Partial<WhyNotRequest> = {}) =>
    platform.explanations.whyNot({ for: { user: 'u1' }, item, first: 5, ...more });

  beforeAll(async () => {
    await platform.record('u1', 'i2', 'RATE', 5);
    await platform.record('u1', 'i9', 'PURCHASE');
    await platform.record('u2', 'i3');
    await platform.record('u3', 'i3');
    await platform.record('u4', 'i12');
    await platform.record('u4', 'i1');
  });

  describe.each([
    ['adapted to the user', 'u1', null],
    ['of popular items', 'u9', null],
    ['adapted to a scenario', 'u1', 's1'],
  ] as const)('in a list %s', (_kind, user, scenario) => {
    beforeAll(async () => {
      await platform.database.activeModel.deleteMany();
      await serveUntrainedModel(platform.database, 3, { ids });
      await serveUntrainedModel(platform.database, 4, {
        ids,
        taskKind: 'SCENARIO',
        support: 'positivesAndNegatives',
      });
    });
    const standing = (item: string, first = 3) => ask(item, { for: { user }, scenario, first });

    test('every item has the same rank and score as in the pages of the list', async () => {
      const list = [...(await platform.list({ for: { user }, scenario }))];
      expect(list.length).toBe(scenario ? 5 : user === 'u1' ? 28 : 30);
      for (const [index, [item, score]] of list.entries()) {
        const { score: found, lastShownScore, missingScore, ...rest } = await standing(item);
        const onFirstPage = index < 3;
        expect(rest).toMatchObject({
          outcome: onFirstPage ? 'SHOWN' : 'OUTRANKED',
          rank: index + 1,
          filteredBy: [],
          listSize: list.length,
        });
        expect(found).toBe(score);
        expect(lastShownScore).toBe(list[2]?.[1]);
        expect(missingScore).toBe(onFirstPage ? null : (list[2]?.[1] as number) - score);
      }
    });

    test('an item that is filtered out has neither rank nor score', async () => {
      await platform.database.item.update({ where: { externalId: 'i4' }, data: { available: false } });
      const found = await standing('i4');
      const { size } = await platform.list({ for: { user }, scenario });
      await platform.database.item.update({ where: { externalId: 'i4' }, data: { available: true } });
      expect(found).toMatchObject({
        outcome: 'FILTERED',
        filteredBy: ['UNAVAILABLE'],
        rank: null,
        score: null,
        missingScore: null,
        lastShownScore: expect.any(Number),
        listSize: size,
      });
    });
  });

  test('in a list shorter than a page, lastShownScore is the score of the last item', async () => {
    const list = [...(await platform.list({ for: { user: 'u1' }, scenario: 's1' })).values()];
    const { lastShownScore, outcome } = await ask('i1', { scenario: 's1', first: 50 });
    expect(outcome).toBe('SHOWN');
    expect(lastShownScore).toBe(list.at(-1));
  });

  test.each<[string, string, Partial<WhyNotRequest>, readonly string[]]>([
    ['has been rated', 'i2', {}, ['SEEN']],
    ['has been bought', 'i9', {}, ['SEEN']],
    ['is not in the scenario', 'i20', { scenario: 's1' }, ['NOT_IN_SCENARIO']],
    ['is excluded', 'i20', { exclude: ['i21', 'i20'] }, ['EXCLUDED']],
    ['does not pass the filter', 'i20', { filter: { features: [{ feature: 'genres', in: ['odd'] }] } }, ['FEATURES']],
    [
      'fails all conditions',
      'i9',
      { scenario: 's1', exclude: ['i9'], filter: { features: [{ feature: 'length', atMost: 3 }] } },
      ['NOT_IN_SCENARIO', 'SEEN', 'EXCLUDED', 'FEATURES'],
    ],
  ])('returns all reasons why an item that %s is filtered out', async (_what, item, more, filteredBy) => {
    expect(await ask(item, more)).toMatchObject({ outcome: 'FILTERED', filteredBy, rank: null, score: null });
  });

  test('an item is in the list once nothing filters it out', async () => {
    expect(await ask('i2', { includeSeen: true })).toMatchObject({
      filteredBy: [],
      rank: expect.any(Number),
      listSize: 30,
    });
    await platform.database.item.update({ where: { externalId: 'i20' }, data: { available: false } });
    expect(await ask('i20')).toMatchObject({ filteredBy: ['UNAVAILABLE'] });
    expect(await ask('i20', { filter: { includeUnavailable: true } })).toMatchObject({ filteredBy: [] });
    await platform.database.item.update({ where: { externalId: 'i20' }, data: { available: true } });
  });

  test('a filter changes the list but not the scores', async () => {
    const whole = await platform.list({ for: { user: 'u1' } });
    const odd = [...whole].filter(([item]) => Number(item.slice(1)) % 2 === 1 && item !== 'i7');
    const filter = { features: [{ feature: 'genres', in: ['odd'] }] };
    for (const [index, [item, score]] of odd.entries()) {
      expect(await ask(item, { filter, exclude: ['i7', 'unknown'] })).toMatchObject({
        rank: index + 1,
        listSize: odd.length,
      });
      expect((await ask(item, { filter })).score).toBeCloseTo(score, 5);
    }
  });

  test.each<[string, Partial<WhyNotRequest> & { item?: string }, string]>([
    ['an unknown user', { for: { user: 'nobody' } }, 'USER_NOT_FOUND'],
    ['an unknown item', { item: 'nothing' }, 'ITEM_NOT_FOUND'],
    ['an unknown scenario', { scenario: 'nowhere' }, 'SCENARIO_NOT_FOUND'],
    ['an undeclared feature', { filter: { features: [{ feature: 'color', in: ['red'] }] } }, 'BAD_USER_INPUT'],
    ['more than 1,000 excluded IDs', { exclude: Array.from({ length: 1001 }, (_, n) => `i${n}`) }, 'BAD_USER_INPUT'],
    [
      'a visitor’s rating outside the scale',
      { for: { visitor: { interactions: [{ item: 'i1', type: 'RATE', value: 9 }] } } },
      'BAD_USER_INPUT',
    ],
  ])('refuses %s', async (_what, more, code) => {
    await expect(ask('i1', more)).rejects.toMatchObject({ code });
  });
});

describe('whyNot with more items than candidates', () => {
  const platform = explanationPlatform(smallCatalog(3, 40), 10);

  test('reports that an item was not retrieved, and its score', async () => {
    await platform.record('u1', 'i2', 'RATE', 5);
    await serveUntrainedModel(platform.database, 3, { ids });
    const list = await platform.list({ for: { user: 'u1' } });
    expect(list.size).toBe(10);
    const found = await platform.explanations.whyNot({ for: { user: 'u1' }, item: 'i30', first: 4 });
    expect(found).toMatchObject({ outcome: 'NOT_RETRIEVED', filteredBy: [], rank: null, listSize: 10 });
    const { score } = await platform.explanations.explainRecommendation({ for: { user: 'u1' }, item: 'i30' });
    expect(found.score).toBe(score);
    expect(found.missingScore).toBe(([...list.values()][3] as number) - score);
  });
});
