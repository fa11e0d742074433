import { setImmediate } from 'node:timers/promises';
import DataLoader from 'dataloader';
import type { LimitFunction } from 'p-limit';
import { checkExternalId } from '../catalog/external-id.ts';
import type { RatingScale } from '../catalog/interaction-value.ts';
import { notFound } from '../common/errors.ts';
import type { LiveCatalog } from '../live-catalog/live-catalog.ts';
import type { ActiveVersion } from '../live-catalog/read-catalog.ts';
import type { LiveScenario } from '../live-catalog/scenario-table.ts';
import type { Adaptation } from '../models/recommender.ts';
import type { VectorSearch } from '../retrieval/vector-search.ts';
import type { Database } from '../store/database.ts';
import type { Connections } from '../store/prepared.ts';
import { type TaskKind, taskKinds } from '../tasks/training-data.ts';
import type { ServingObserver } from '../telemetry/serving-observer.ts';
import type { CurrentModels } from './current-models.ts';
import type { CursorKey } from './cursors.ts';
import { digest } from './digest.ts';
import type { FeatureDirections } from './feature-directions.ts';
import { Memo } from './memo.ts';
import type { Recipient, RecommendationTarget } from './recipient.ts';
import type { ScenarioSupports } from './scenario-supports.ts';
import type { SeenBy } from './seen-items.ts';
import type { ServedModels } from './served-models.ts';
import { readStoredUsers, type StoredUser } from './stored-users.ts';
import type { Support } from './support.ts';
import { visitingRecipient } from './visitor.ts';

/** The time in which the work for a request is worth doing. */
export interface WorkTime {
  /** Throws the reason when the time is over. */
  check(): void;
  /** Aborted, with the same reason, when the time is over. */
  readonly signal: AbortSignal;
}

/** What all sessions share. */
export interface ServingPlatform {
  readonly catalog: LiveCatalog;
  readonly database: Database;
  readonly connections: Connections;
  readonly models: ServedModels;
  readonly current: CurrentModels;
  /** The range of ratings. */
  readonly ratingScale: RatingScale;
  /** The types of interactions that hide an item from lists, unless a request chooses others; see `defaultSeenBy`. */
  readonly seenByDefault: SeenBy | undefined;
  readonly observer: ServingObserver;
  readonly cursorKey: CursorKey;
  readonly scenarioSupports: ScenarioSupports;
  readonly search: VectorSearch;
  readonly features: FeatureDirections;
  /** Maximum number of items scored one by one for one list. */
  readonly maxCandidates: number;
  /** Maximum number of items that `similarItems` compares with the given item. */
  readonly maxCompared: number;
  /** The share of the newest items if not all items are scored or compared. */
  readonly freshShare: number;
  /** Limits the lists that are computed at the same time on the event loop's thread. */
  readonly computing: LimitFunction;
}

/** The model versions that make lists, and the catalog, when a session begins. */
export interface PlatformMoment {
  readonly activeVersions: Readonly<Record<TaskKind, number | null>>;
  /** Whether the active user model makes lists for users without interactions too. */
  readonly servesEverybody: boolean;
  readonly newestItemId: number;
  /** Interactions with a higher ID do not count for popularity. 0 comes before all interactions. */
  readonly watermark: bigint;
}

/**
 * What the lists of one request share: the moment that all of them see, the recipients that they are for, and the
 * adaptations of models to these. A session ends with its request.
 */
export class ServingSession {
  readonly platform: ServingPlatform;
  /** By model version and task. */
  readonly adaptations = new Memo<Adaptation>();
  /** By model version and task. */
  readonly vectors = new Memo<Float32Array>();
  readonly supports = new Memo<Support | undefined>();
  readonly #time: WorkTime | undefined;
  readonly #moment = new Memo<Pick<PlatformMoment, 'newestItemId' | 'watermark'>>();
  readonly #versions = new Map<TaskKind, { readonly version: ActiveVersion | undefined }>();
  readonly #visitors = new Memo<Recipient>();
  readonly #users = new Memo<StoredUser | undefined>();
  #latest: Promise<unknown> = Promise.resolve();
  readonly #currentUsers: DataLoader<string, StoredUser | undefined>;

  /** Without `time`, the work is always worth doing. */
  constructor(platform: ServingPlatform, time?: WorkTime) {
    this.platform = platform;
    this.#time = time;
    this.#currentUsers = new DataLoader(async (externalIds) => {
      const { connections, catalog } = platform;
      const users = await readStoredUsers(connections, catalog, externalIds, { check: () => this.check() });
      const byId = new Map(users.map((user) => [user.externalId, user]));
      return externalIds.map((id) => byId.get(id));
    });
  }

  /** Throws the reason when the time for the work is over. Call it before each step of work that takes long. */
  check(): void {
    this.#time?.check();
  }

  /** Aborted, with the same reason, when the time for the work is over. */
  get signal(): AbortSignal | undefined {
    return this.#time?.signal;
  }

  /**
   * Runs the computation of a list. A session computes one list at a time, with a turn of the event loop before each.
   */
  compute<T>(work: () => Promise<T>): Promise<T> {
    const computed = this.#latest.then(() =>
      this.platform.computing(async () => {
        await setImmediate();
        this.check();
        return work();
      }),
    );
    this.#latest = computed.catch(() => {});
    return computed;
  }

  /**
   * Returns the moment of the session, which is its first use of the catalog. `used` are the kinds of models that its
   * caller may use: the first version of such a kind is waited for. Other kinds may have no version yet.
   */
  async moment(used: readonly TaskKind[] = taskKinds): Promise<PlatformMoment> {
    const { catalog, current } = this.platform;
    const moment = await this.#moment.once('', async () => {
      await catalog.upToDate();
      return { newestItemId: catalog.items.newestId, watermark: catalog.watermark };
    });
    await current.follow(catalog.activeVersions, used);
    const [user, scenario] = [this.#versionOf('USER', used), this.#versionOf('SCENARIO', used)];
    return {
      ...moment,
      activeVersions: { USER: user?.versionId ?? null, SCENARIO: scenario?.versionId ?? null },
      servesEverybody: user?.servesFrom === 0,
    };
  }

  /** All lists of a session that use a kind of model have the same version. */
  #versionOf(taskKind: TaskKind, used: readonly TaskKind[]): ActiveVersion | undefined {
    const known = this.#versions.get(taskKind);
    if (known !== undefined) return known.version;
    const version = this.platform.current.of(taskKind);
    if (used.includes(taskKind)) this.#versions.set(taskKind, { version });
    return version;
  }

  /**
   * Returns a recipient as of now, or as of one of their earlier interactions. Throws BAD_USER_INPUT and USER_NOT_FOUND.
   */
  async recipient({ user, visitor }: RecommendationTarget, watermark?: bigint): Promise<Recipient> {
    const { catalog, ratingScale } = this.platform;
    if (user === undefined) {
      const key = digest([visitor.features ?? {}, visitor.interactions ?? []]);
      return this.#visitors.once(key, async () => {
        await catalog.awaitTypes((visitor.interactions ?? []).map(({ type }) => type));
        return visitingRecipient(catalog, ratingScale, visitor);
      });
    }
    checkExternalId('for.user', user);
    const stored = await (watermark === undefined ? this.#currentUsers.load(user) : this.#userAsOf(user, watermark));
    if (!stored) throw notFound('user', user);
    return stored;
  }

  #userAsOf(externalId: string, watermark: bigint): Promise<StoredUser | undefined> {
    const { connections, catalog } = this.platform;
    return this.#users.once(`${watermark} ${externalId}`, async () => {
      const check = () => this.check();
      const [user] = await readStoredUsers(connections, catalog, [externalId], { watermark, check });
      return user && { ...user, watermark };
    });
  }

  /** Returns a scenario. Throws BAD_USER_INPUT with `field`, and SCENARIO_NOT_FOUND. */
  async scenario(field: string, externalId: string): Promise<LiveScenario> {
    checkExternalId(field, externalId);
    await this.moment([]);
    const scenario = this.platform.catalog.scenarios.byExternalId(externalId);
    if (!scenario) throw notFound('scenario', externalId);
    return scenario;
  }
}
