import { dataSnapshotOf } from '../../registry/data-snapshot.ts';
import { listModelVersions } from '../../registry/model-registry.ts';
import { promoteByPerson, rollBack } from '../../registry/promotion.ts';
import { barsOf, evaluationOf } from '../../registry/version-evaluation.ts';
import { pageById } from '../connection.ts';
import type { Resolvers } from '../generated/resolver-types.ts';
import { decodeNumberedId, encodeGlobalId } from '../global-id.ts';
import { payloadOf } from '../user-errors.ts';

/** Model versions, and which of them are active. */
export const models = {
  Query: {
    modelVersions: (_root, { taskKind, ...page }, { database }) =>
      pageById(
        'modelVersions',
        page,
        (limit, before) => listModelVersions(database, { limit, before, taskKind: taskKind ?? undefined }),
        ({ id }) => id,
      ),
  },
  Mutation: {
    promoteModel: (_root, { input }, { database, recommendations }) =>
      payloadOf(async () => {
        const id = decodeNumberedId('ModelVersion', input.modelVersion);
        if (id !== undefined) await recommendations.check(id);
        return { modelVersion: await promoteByPerson(database, id, input.reason) };
      }),
    rollbackModel: (_root, { input: { taskKind, reason } }, { database, recommendations }) =>
      payloadOf(async () => ({
        modelVersion: await rollBack(database, taskKind, reason, (id) => recommendations.isUsable(id)),
      })),
  },
  ModelVersion: {
    id: ({ id }) => encodeGlobalId('ModelVersion', id),
    number: ({ id }) => id,
    active: ({ id }, _args, { loaders }) => loaders.isActive.load(id),
    config: ({ config }) => config as Record<string, unknown>,
    dataSnapshot: dataSnapshotOf,
    bars(version) {
      const evaluation = evaluationOf(version);
      return evaluation ? barsOf(evaluation.overall) : [];
    },
    barsByHistory: (version) =>
      (evaluationOf(version)?.byHistory ?? []).map(({ from, to, tasks, ...compared }) => {
        return { from, to, tasks, bars: barsOf(compared) };
      }),
    lists: (version) => evaluationOf(version)?.lists ?? [],
    trainingRun: ({ id }, _args, { loaders }) => loaders.runOfVersion.load(id),
    promotionDecisions: ({ id }, _args, { loaders }) => loaders.decisionsOfVersion.load(id),
  },
  PromotionDecision: {
    previous: ({ previousVersionId }, _args, { loaders }) =>
      previousVersionId === null ? null : loaders.previousVersion.load(previousVersionId),
  },
} satisfies Resolvers;
