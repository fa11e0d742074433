import { expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { loadRecommender } from '../../src/models/recommenders.ts';
import { config, parameters, schema } from './cmml/small-cmml.ts';

test('loadRecommender loads the kind that the artifact names', async () => {
  const engine = await openEngine('cpu');
  const recommender = await loadRecommender({ kind: 'cmml', config, schema, parameters }, engine);
  expect(recommender.kind).toBe('cmml');
  recommender.dispose();
});

test('loadRecommender refuses an unknown kind by name', async () => {
  const engine = await openEngine('cpu');
  const artifact = { kind: 'oracle', config, schema, parameters };
  await expect(loadRecommender(artifact, engine)).rejects.toMatchObject({
    code: 'INVALID_DATA',
    message:
      'Expected a model of kind cmml, dcn, maml, s2meta, tanp, conet, itemPopularity, ease, itemKnn, ials, got "oracle"; a newer version may have trained it.',
  });
});
