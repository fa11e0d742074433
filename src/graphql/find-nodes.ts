import { apiKeysById } from '../access/api-keys.ts';
import { externalIdProblem } from '../catalog/external-id.ts';
import { itemsByExternalId } from '../catalog/items.ts';
import { scenariosByExternalId } from '../catalog/scenarios.ts';
import { usersByExternalId } from '../catalog/users.ts';
import { interactionsByKey } from '../interactions/find-interactions.ts';
import { type ModelVersionSummary, modelVersionsById } from '../registry/model-registry.ts';
import { retrainSchedulesById } from '../runs/retrain-schedules.ts';
import { trainingRunsById } from '../runs/training-runs.ts';
import type {
  ApiKey,
  Database,
  Interaction,
  Item,
  RetrainSchedule,
  Scenario,
  TrainingRun,
  User,
} from '../store/database.ts';
import { decodeGlobalId, interactionKey, type NodeType, nodeTypes, numberOfKey } from './global-id.ts';

/** The stored rows of the objects that have a global ID. */
interface NodeRows {
  User: User;
  Item: Item;
  Scenario: Scenario;
  Interaction: Interaction;
  ModelVersion: ModelVersionSummary;
  TrainingRun: TrainingRun;
  RetrainSchedule: RetrainSchedule;
  ApiKey: ApiKey;
}

/** A row with the name of its type. */
export type FoundNode = { [Type in NodeType]: NodeRows[Type] & { readonly __typename: Type } }[NodeType];

/** Returns rows by the keys of global IDs, in the order of `keys`; `null` for a key that no row has. */
type FindByKey<Row> = (database: Database, keys: readonly string[]) => Promise<(Row | null)[]>;

const nodeSources: { readonly [Type in NodeType]: FindByKey<NodeRows[Type]> } = {
  User: byParsed(storableId, usersByExternalId),
  Item: byParsed(storableId, itemsByExternalId),
  Scenario: byParsed(storableId, scenariosByExternalId),
  Interaction: byParsed(interactionKey, interactionsByKey),
  ModelVersion: byParsed(numberOfKey, modelVersionsById),
  TrainingRun: byParsed(numberOfKey, trainingRunsById),
  RetrainSchedule: byParsed(numberOfKey, retrainSchedulesById),
  ApiKey: byParsed(numberOfKey, apiKeysById),
};

/**
 * Returns objects by global ID, in the order of `ids`, by one statement for each type; `null` for an ID that no object
 * has.
 */
export async function findNodes(database: Database, ids: readonly string[]): Promise<(FoundNode | null)[]> {
  const decoded = ids.map(decodeGlobalId);
  const found = new Map<string, FoundNode>();
  await Promise.all(
    nodeTypes.map(async (type) => {
      const keys = decoded.flatMap((id) => (id?.type === type ? [id.key] : []));
      const rows = await nodeSources[type](database, keys);
      for (const [index, row] of rows.entries())
        if (row) found.set(`${type}:${keys[index]}`, { ...row, __typename: type } as FoundNode);
    }),
  );
  return decoded.map((id) => (id && found.get(`${id.type}:${id.key}`)) ?? null);
}

/** Finds rows by parsed keys. A key that does not parse finds nothing, and costs no statement. */
function byParsed<Key, Row>(
  parse: (key: string) => Key | undefined,
  find: (database: Database, keys: readonly Key[]) => Promise<(Row | null)[]>,
): FindByKey<Row> {
  return async (database, keys) => {
    const parsed = keys.map(parse);
    const known = parsed.filter((key) => key !== undefined);
    const rows = known.length > 0 ? (await find(database, known)).values() : [].values();
    return parsed.map((key) => (key === undefined ? null : (rows.next().value ?? null)));
  };
}

function storableId(key: string): string | undefined {
  return externalIdProblem(key) === undefined ? key : undefined;
}

/** Maximum IDs in one `Query.nodes`. */
export const maxNodes = 100;
