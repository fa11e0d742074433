import { setImmediate } from 'node:timers/promises';
import DataLoader from 'dataloader';
import pLimit, { type LimitFunction } from 'p-limit';
import { checkExternalId } from '../catalog/external-id.ts';
import { declaredFields } from '../catalog/feature-fields.ts';
import type { RatingScale } from '../catalog/interaction-value.ts';
import { type CheckedItemFilter, checkItemFilter, type ItemFilter } from '../catalog/item-filter.ts';
import { notFound } from '../common/errors.ts';
import type { FeatureField } from '../features/feature-schema.ts';
import type { Adaptation, Embeddings } from '../models/recommender.ts';
import { type Database, sql } from '../store/database.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import type { ServingObserver } from '../telemetry/serving-observer.ts';
import type { Candidates } from './candidates.ts';
import type { CursorKey } from './cursors.ts';
import type { ItemRevisions } from './item-embeddings.ts';
import type { PopularItem, PopularList } from './popular-items.ts';
import {
  type Recipient,
  type RecommendationTarget,
  readStoredUsers,
  type StoredUser,
  storedRecipient,
} from './recipient.ts';
import type { ScenarioMoment } from './scenario-support.ts';
import type { SeenBy } from './seen-items.ts';
import type { ServedModels } from './served-models.ts';
import { Batches, digest, Memo, type Read } from './shared-reads.ts';
import type { Support } from './support.ts';
import { visitingRecipient } from './visitor.ts';

/** What all sessions share. */
export interface ServingPlatform {
  readonly database: Database;
  readonly models: ServedModels;
  /** The range of ratings. */
  readonly ratingScale: RatingScale;
  /** The types of interactions that hide an item from lists, unless a request chooses others; see `defaultSeenBy`. */
  readonly seenByDefault: SeenBy | undefined;
  readonly observer: ServingObserver;
  readonly cursorKey: CursorKey;
  /** Maximum number of items scored for one list. */
  readonly maxCandidates: number;
  /** Maximum number of items that `similarItems` compares with the given item. */
  readonly maxCompared: number;
  /** Limits the lists that are computed at the same time on the event loop's thread. */
  readonly computing: LimitFunction;
  /** Limits the concurrent SQL statements for lists, so that connections remain for other work. */
  readonly reading: LimitFunction;
}

/** Limits the concurrent reads of one session, so that a large request leaves room for others. */
const maxReadsOfSession = 2;

/** The active model versions and the stored data at the moment of a session's first read. */
export interface PlatformMoment {
  readonly activeVersions: Readonly<Record<TaskKind, number | null>>;
  /** Whether the active user model makes lists for users without interactions too. */
  readonly servesEverybody: boolean;
  readonly newestItemId: number;
  /** Interactions with a higher ID do not count. 0 comes before all interactions. */
  readonly watermark: bigint;
}

/** A scenario as of the latest interaction with any of its items. */
export interface OpenScenario extends ScenarioMoment {
  readonly externalId: string;
}

/**
 * What the lists of one request share. Everything is read or computed once, at its first use, and all lists use the
 * same model versions even if another version is promoted in the meantime. A session does not see later changes, and
 * ends with its request.
 */
export class ServingSession {
  readonly platform: ServingPlatform;
  readonly #signal: AbortSignal | undefined;
  /** By model version and task. */
  readonly supports = new Memo<Support | undefined>();
  readonly adaptations = new Memo<Adaptation>();
  /** By model version and recipient. */
  readonly recipientEmbeddings = new Memo<Embeddings>();
  /** Support sets of scenarios. */
  readonly scenarioSupports: Batches<ScenarioMoment, Support | undefined>;
  /** Candidates by scenario; `null` for all items. */
  readonly candidates: Batches<number | null, Candidates>;
  readonly popularItems: Batches<PopularList, readonly PopularItem[]>;
  /** Items to embed. */
  readonly preparedItems: Batches<readonly ItemRevisions[], true>;
  readonly #taskKinds = new Memo<TaskKind | undefined>();
  readonly #moment = new Memo<PlatformMoment>();
  readonly #visitors = new Memo<Recipient>();
  readonly #fields = new Memo<readonly FeatureField[]>();
  readonly #filters = new Memo<CheckedItemFilter>();
  readonly #readFields = () => this.#fields.once('', () => declaredFields(this.platform.database));
  readonly #one = pLimit(1);
  readonly #few = pLimit(maxReadsOfSession);
  readonly #users: DataLoader<string, StoredUser | undefined>;
  readonly #scenarios: DataLoader<string, OpenScenario | undefined>;

  /** Once `signal` is aborted, `read` and `compute` reject with its reason. */
  constructor(platform: ServingPlatform, signal?: AbortSignal) {
    this.platform = platform;
    this.#signal = signal;
    const { database } = platform;
    this.scenarioSupports = new Batches(this.read);
    this.candidates = new Batches(this.read);
    this.popularItems = new Batches(this.read);
    this.preparedItems = new Batches(this.read);
    this.#users = byExternalId((ids) => readStoredUsers(database, ids));
    this.#scenarios = byExternalId((ids) => readScenarios(database, ids));
  }

  /**
   * Runs the computation of a list. A session computes one list at a time, with a turn of the event loop before each.
   */
  compute<T>(work: () => Promise<T>): Promise<T> {
    return this.#one(() =>
      this.platform.computing(async () => {
        await setImmediate();
        this.#signal?.throwIfAborted();
        return work();
      }),
    );
  }

  /** Runs a database read for a list. A session has few reads at a time, so that other sessions get their turn. */
  readonly read: Read = (reading) =>
    this.#few(() =>
      this.platform.reading(() => {
        this.#signal?.throwIfAborted();
        return reading();
      }),
    );

  moment(): Promise<PlatformMoment> {
    return this.#moment.once('', () => readMoment(this.platform.database));
  }

  /**
   * Returns a recipient as of now, or as of one of their earlier interactions. Throws BAD_USER_INPUT, USER_NOT_FOUND,
   * and ITEM_NOT_FOUND for an interaction of a visitor.
   */
  async recipient({ user, visitor }: RecommendationTarget, watermark?: bigint): Promise<Recipient> {
    const { database, ratingScale } = this.platform;
    if (user === undefined) {
      const key = digest([visitor.features ?? {}, visitor.interactions ?? []]);
      return this.#visitors.once(key, () =>
        visitingRecipient({ database, scale: ratingScale, readFields: this.#readFields }, visitor),
      );
    }
    checkExternalId('for.user', user);
    const stored = await this.#users.load(user);
    if (!stored) throw notFound('user', user);
    return storedRecipient(database, stored, watermark ?? stored.watermark);
  }

  /** Returns the conditions of a filter. Throws BAD_USER_INPUT if it contradicts the declared features. */
  itemFilter(filter: ItemFilter): Promise<CheckedItemFilter> {
    return this.#filters.once(digest(filter), () => checkItemFilter(this.#readFields, filter));
  }

  /** Returns the kind of task of a model version; `undefined` if the version does not exist. */
  taskKindOf(versionId: number): Promise<TaskKind | undefined> {
    return this.#taskKinds.once(String(versionId), async () => {
      const version = await this.platform.database.modelVersion.findUnique({
        where: { id: versionId },
        select: { taskKind: true },
      });
      return version?.taskKind;
    });
  }

  /** Returns a scenario. Throws BAD_USER_INPUT with `field`, and SCENARIO_NOT_FOUND. */
  async scenario(field: string, externalId: string): Promise<OpenScenario> {
    checkExternalId(field, externalId);
    const scenario = await this.#scenarios.load(externalId);
    if (!scenario) throw notFound('scenario', externalId);
    return scenario;
  }
}

function byExternalId<Row extends { readonly externalId: string }>(
  read: (externalIds: readonly string[]) => Promise<readonly Row[]>,
): DataLoader<string, Row | undefined> {
  return new DataLoader(async (externalIds) => {
    const rows = new Map((await read(externalIds)).map((row) => [row.externalId, row]));
    return externalIds.map((id) => rows.get(id));
  });
}

interface MomentRow {
  readonly userVersion: number | null;
  readonly scenarioVersion: number | null;
  readonly servesEverybody: boolean;
  readonly newestItemId: number;
  readonly watermark: bigint;
}

async function readMoment(database: Database): Promise<PlatformMoment> {
  const [row] = await database.$queryRaw<MomentRow[]>(sql`
    SELECT model_version_id AS "userVersion", coalesce(serves_from = 0, FALSE) AS "servesEverybody",
      (SELECT model_version_id FROM active_models WHERE task_kind = 'SCENARIO') AS "scenarioVersion",
      coalesce((SELECT max(id) FROM items), 0) AS "newestItemId",
      (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM interactions_id_seq) AS watermark
    FROM (VALUES (1)) AS moment LEFT JOIN active_models ON task_kind = 'USER'
      LEFT JOIN model_versions ON model_versions.id = model_version_id`);
  const { userVersion, scenarioVersion, ...rest } = row as MomentRow;
  return { activeVersions: { USER: userVersion, SCENARIO: scenarioVersion }, ...rest };
}

function readScenarios(database: Database, externalIds: readonly string[]): Promise<OpenScenario[]> {
  return database.$queryRaw<OpenScenario[]>(sql`
    SELECT id, external_id AS "externalId",
      coalesce((
        SELECT max((SELECT max(id) FROM interactions WHERE item_id = pool.item_id))
        FROM scenario_items AS pool WHERE scenario_id = scenarios.id
      ), 0) AS watermark
    FROM scenarios WHERE external_id = ANY(${[...externalIds]})`);
}
