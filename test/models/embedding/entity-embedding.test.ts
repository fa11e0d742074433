import { describe, expect, test } from '@jest/globals';
import type { EngineName, HostTensors } from '../../../src/engine/engine.ts';
import { openEngine } from '../../../src/engine/engines.ts';
import { floatTensor, integerTensor } from '../../../src/engine/host-tensor.ts';
import type { EncodedFeatures } from '../../../src/features/encode-features.ts';
import type { EntityKind } from '../../../src/features/feature-schema.ts';
import { parseCmmlConfig } from '../../../src/models/cmml/cmml-config.ts';
import { parseDcnConfig } from '../../../src/models/dcn/dcn-config.ts';
import { embedFunction, embedInChunks } from '../../../src/models/embedding/embed-function.ts';
import { type EmbeddingConfig, embeddingKinds } from '../../../src/models/embedding/embedding-config.ts';
import {
  declareFrozenEmbeddings,
  declareLearnedEmbeddings,
  embeddedWidth,
  embeddingConstants,
  embedRows,
} from '../../../src/models/embedding/entity-embedding.ts';
import { referenceEntity } from '../cmml/reference-embedding.ts';
import { weightsOf } from '../cmml/reference-weights.ts';
import { schema as schemaWithoutIds } from '../cmml/small-cmml.ts';
import { features, items, known, schema, startOf, users } from './factor-catalog.ts';

const entities = ['user', 'item'] as const;

function modelOf(embedding: EmbeddingConfig['embedding']) {
  const config: EmbeddingConfig = {
    embedding,
    embeddingWidth: 3,
    embeddingDeviation: 1,
    factorWidth: 4,
    factorProduct: false,
  };
  const learned = declareLearnedEmbeddings(config, schema);
  const frozen = declareFrozenEmbeddings(config, schema);
  return { config, parameters: startOf({ ...learned, ...frozen }) };
}

/** Returns the reference embeddings of all users or items, in double precision. */
function expectedRows(model: ReturnType<typeof modelOf>, entity: EntityKind): number[][] {
  const weights = weightsOf(model.parameters);
  return Array.from({ length: features[entity].rows }, (_, row) =>
    referenceEntity(weights, { schema, features, config: model.config }, entity, row),
  );
}

/** Returns the embeddings of users or items from the serving function. */
async function served(
  name: EngineName,
  { config, parameters }: ReturnType<typeof modelOf>,
  entity: EntityKind,
): Promise<Float32Array> {
  const compiled = await (await openEngine(name)).compile({
    ...embedFunction(config, schema, entity),
    parameters,
  });
  const width = embeddedWidth(config, schema, entity);
  const { data } = await embedInChunks(compiled, features[entity], { width, rowsPerRun: 256 });
  compiled.dispose();
  return data;
}

describe.each(['onnx', 'wasm'] as const)('on %s', (name) => {
  describe.each(entities)('the %s', (entity) => {
    test('with a known ID is embedded by its own factors', async () => {
      const model = modelOf('factors');
      const embedded = await served(name, model, entity);
      const own = model.parameters[`${entity}.factors`]?.data ?? [];
      // Row 0 stands for unknown IDs. The other rows are in vocabulary order, which here is the order of the rows.
      expect([...embedded.slice(0, known[entity] * 4)]).toEqual([...own].slice(4, 4 + known[entity] * 4));
    });

    test('with an unknown ID is embedded by the sum of the start and the factors of its features', async () => {
      const model = modelOf('factors');
      const embedded = await served(name, model, entity);
      const { slots, indices, weights, rows } = features[entity];
      const of = (table: string, at: number) => model.parameters[`${entity}.factors${table}`]?.data[at] as number;
      expect(rows).toBeGreaterThan(known[entity]);
      for (let row = known[entity]; row < rows; row++) {
        for (let unit = 0; unit < 4; unit++) {
          let sum = of('.start', unit);
          for (let slot = row * slots; slot < (row + 1) * slots; slot++)
            sum += (weights[slot] as number) * of('.byFeature', (indices[slot] as number) * 4 + unit);
          expect(embedded[row * 4 + unit]).toBeCloseTo(sum, 5);
        }
      }
    });

    test.each(embeddingKinds)('matches the reference with %s, learned embeddings first', async (kind) => {
      const model = modelOf(kind);
      const embedded = await served(name, model, entity);
      const expected = expectedRows(model, entity);
      expect(embedded).toHaveLength(expected.flat().length);
      expect(expected[0]).toHaveLength({ features: 6, factors: 4, both: 10 }[kind]);
      for (const [at, value] of expected.flat().entries()) expect(embedded[at]).toBeCloseTo(value, 5);
    });

    test.each(embeddingKinds)('has the same embedding in training and in serving with %s', async (kind) => {
      const model = modelOf(kind);
      const rows = [1, 0, 2, 1];
      const width = embeddedWidth(model.config, schema, entity);
      const all = await served(name, model, entity);
      const expected = rows.flatMap((row) => [...all.slice(row * width, (row + 1) * width)]);
      const trained = await embeddedInTraining(name, model, entity, rows);
      for (const [at, value] of expected.entries()) expect(trained[at]).toBeCloseTo(value, 6);
      expect(trained).toHaveLength(expected.length);
    });
  });
});

/** Embeds with `embedRows`, from constants that hold the factors of the serving tables. */
async function embeddedInTraining(
  name: EngineName,
  { config, parameters }: ReturnType<typeof modelOf>,
  entity: EntityKind,
  rows: readonly number[],
): Promise<number[]> {
  const ofFactors = Object.entries(parameters).filter(([table]) => !table.endsWith('.embedding'));
  const factors = {
    config: { ...config, embedding: 'factors' as const },
    parameters: Object.fromEntries(ofFactors),
  };
  const factorsOf = async (of: EntityKind, { rows: count }: EncodedFeatures) => ({
    rows: count,
    width: 4,
    data: await served(name, factors, of),
  });
  const usesFactors = config.embedding !== 'features';
  const entityFactors = usesFactors
    ? { users: await factorsOf('user', users), items: await factorsOf('item', items) }
    : undefined;
  const constants = embeddingConstants(config, users, items, entityFactors);
  // Training reads none of the factor tables that serving reads.
  const learned = Object.entries(parameters).filter(([table]) => table.endsWith('.embedding'));
  const compiled = await (await openEngine(name)).compile({
    fn: (all, { rows: indices }) => ({ embedded: embedRows(all, config, schema, entity, all, indices as never) }),
    parameters: { ...Object.fromEntries(learned), ...constants },
    inputs: { rows: { dtype: 'int32', shape: ['rows'] } },
  });
  const { embedded } = await compiled.run({ rows: integerTensor([rows.length], Int32Array.from(rows)) });
  compiled.dispose();
  return [...(embedded?.data ?? [])];
}

describe('the constants of a training run', () => {
  const factors = {
    users: { rows: users.rows, width: 1, data: new Float32Array(users.rows).fill(2) },
    items: { rows: items.rows, width: 1, data: new Float32Array(items.rows).fill(3) },
  };
  const namesOf = (constants: HostTensors) => Object.keys(constants).sort();

  test.each([
    ['features', ['itemIndices', 'itemWeights', 'userIndices', 'userWeights']],
    ['factors', ['itemFactors', 'userFactors']],
    ['both', ['itemFactors', 'itemIndices', 'itemWeights', 'userFactors', 'userIndices', 'userWeights']],
  ] as const)('by %s are what it reads and nothing else', (embedding, names) => {
    const { config } = modelOf(embedding);
    const given = embedding === 'features' ? undefined : factors;
    const constants = embeddingConstants(config, users, items, given);
    expect(namesOf(constants)).toEqual(names);
    if (given) expect(constants.itemFactors).toEqual(floatTensor([items.rows, 1], factors.items.data));
  });
});

describe('an embedding configuration', () => {
  const parsers = [
    ['CMML', parseCmmlConfig],
    ['DCN', parseDcnConfig],
  ] as const;

  test.each(parsers)('of %s names the invalid field', (_, parse) => {
    const refused = [
      [{ embedding: 'ids' }, /embedding: expected one of "features", "factors", "both", got "ids"/],
      [{ factorWidth: 0 }, /factorWidth: .*got 0/],
      [{ embeddingDeviation: 0 }, /embeddingDeviation: .*got 0/],
      [{ factorProduct: true }, /factorProduct: expected embedding "factors" or "both" .*, got true/],
    ] as const;
    for (const [config, message] of refused) expect(() => parse(config)).toThrow(message);
  });

  test.each(parsers)('of %s accepts factorProduct with factors', (_, parse) => {
    for (const embedding of ['factors', 'both'])
      expect(parse({ embedding, factorProduct: true })).toMatchObject({ embedding, factorProduct: true });
  });

  test('with factors refuses a schema without IDs and names the field and the entity', () => {
    const { config } = modelOf('factors');
    expect(() => declareFrozenEmbeddings(config, schemaWithoutIds)).toThrow(
      expect.objectContaining({
        code: 'INVALID_CONFIGURATION',
        message: expect.stringMatching(/^embedding: expected "features", .* no user field "id"/),
      }),
    );
  });
});
