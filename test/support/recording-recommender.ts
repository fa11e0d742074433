import type { EncodedFeatures } from '../../src/features/encode-features.ts';
import { type EntityKind, fieldsOf } from '../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import type { Embeddings, Recommender, SupportKind, SupportSet } from '../../src/models/recommender.ts';

/** A support set by external IDs; `?` is an ID that the model does not know. */
export interface RecordedSupport {
  readonly users: readonly string[];
  readonly items: readonly string[];
  readonly labels: readonly number[];
}

/** A recommender whose only features are IDs. It records its support sets and gives all items the same score. */
export function recordingRecommender(
  known: Readonly<Record<EntityKind, readonly string[]>>,
  { support, supportLimit = 90 }: { support: SupportKind; supportLimit?: number },
): Recommender & { readonly recorded: RecordedSupport[] } {
  const rows = (entity: EntityKind) => known[entity].map((id) => ({ id }));
  const schema = fitFeatureSchema(
    (['user', 'item'] as const).map((entity) => ({ entity, name: 'id', kind: 'categorical' })),
    rows('user'),
    rows('item'),
  );
  const recorded: RecordedSupport[] = [];
  const embed = async (encoded: EncodedFeatures): Promise<Embeddings> => ({
    rows: encoded.rows,
    width: 1,
    data: Float32Array.from(encoded.indices),
  });
  const named = (entity: EntityKind, { data }: Embeddings) =>
    Array.from(data, (row) => fieldsOf(schema, entity)[0]?.vocabulary[row - 1] ?? '?');
  return {
    kind: 'recording',
    schema,
    support,
    supportLimit,
    predictsLabels: support === 'labels',
    recorded,
    embedUsers: embed,
    embedItems: embed,
    adapt: async ({ users, items, labels }: SupportSet) => {
      recorded.push({ users: named('user', users), items: named('item', items), labels: [...labels] });
      return { state: new Float32Array(), pairs: labels.length };
    },
    score: async (_adaptation, _user, items) => new Float32Array(items.rows),
    explain: async () => ({}),
    save: () => {
      throw new Error('Nothing to save.');
    },
    dispose: () => {},
  };
}
