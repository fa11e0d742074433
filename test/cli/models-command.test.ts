import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { saveModelVersion } from '../../src/registry/model-registry.ts';
import { endOfWarmstart } from '../support/server-process.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { untrainedModel } from '../support/test-model.ts';

jest.setTimeout(120_000);

describe('the command models', () => {
  const db = testDatabase();
  const models = (...args: string[]) =>
    endOfWarmstart(['models', ...args], { DATABASE_URL: db.url, WARMSTART_ENGINE: 'wasm' });
  const active = async () => (await db.database.activeModel.findFirst())?.modelVersionId;
  let first: number;
  let second: number;

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(2, 12)), { ratingScale: { minimum: 1, maximum: 5 } });
    const artifact = await untrainedModel(db.database, 1);
    const evaluation = {
      activeVersionId: null,
      overall: { value: { mae: 0.7 }, unadapted: {}, active: {}, popularity: {} },
      byHistory: [],
    };
    first = (await saveModelVersion(db.database, 'USER', artifact, {}, { evaluation })).id;
    second = (await saveModelVersion(db.database, 'USER', artifact, {})).id;
  });

  test('promotes versions, lists them, and rolls back', async () => {
    for (const id of [first, second]) {
      const { status, output } = await models('promote', String(id), '--reason', 'A test.');
      expect([status, output]).toEqual([0, `active: version ${id} of USER tasks\n`]);
      expect(await active()).toBe(id);
    }
    expect(await db.database.promotionDecision.findMany()).toMatchObject([
      { modelVersionId: first, decidedBy: 'PERSON', reason: 'A test.' },
      { modelVersionId: second, previousVersionId: first },
    ]);
    const listed = (await models('list')).output.split('\n');
    expect(listed[1]).toMatch(new RegExp(`^${second}\\tUSER\\tcmml\\tactive\\t\\d{4}-.*Z\\t-$`));
    expect(listed[2]).toMatch(new RegExp(`^${first}\\tUSER\\tcmml\\t-\\t\\d{4}-.*Z\\tmae 0.7$`));
    expect((await models('rollback')).output).toBe(`active: version ${first} of USER tasks\n`);
    expect((await models('rollback')).output).toBe('no version of USER tasks is active\n');
    expect(await active()).toBeUndefined();
  });

  test('refuses to promote a damaged version, and says why in one line', async () => {
    await db.pool.query("UPDATE model_versions SET parameters = '' WHERE id = $1", [second]);
    const { status, errors } = await models('promote', String(second));
    expect(status).toBe(1);
    expect(errors).toMatch(/model version \d+ cannot make lists: the parameters .* do not match their checksum/);
    expect(errors.trim().split('\n')).toHaveLength(1);
    expect(await active()).toBeUndefined();
  });
});
