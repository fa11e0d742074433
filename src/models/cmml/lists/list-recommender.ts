import type { CompiledFunction, Engine, FunctionDefinition, HostTensors } from '../../../engine/engine.ts';
import { floatTensor, scalarTensor } from '../../../engine/host-tensor.ts';
import type { EncodedFeatures } from '../../../features/encode-features.ts';
import type { FeatureSchema } from '../../../features/feature-schema.ts';
import { embedInChunks } from '../../embedding/embed-function.ts';
import { explainInChunks, runInChunks, scoreInChunks } from '../../in-chunks.ts';
import type {
  Adaptation,
  Embeddings,
  ListScope,
  ModelArtifact,
  RatingPredictor,
  Recommender,
  RetrievalVectors,
  SupportSet,
} from '../../recommender.ts';
import { LazyFunction } from '../../serving-function.ts';
import { checkSupportSet } from '../../support-inputs.ts';
import { itemWidth } from './item-vectors.ts';
import { type ListConfig, parseListConfig } from './list-config.ts';
import { listStateWidth } from './list-network.ts';
import { listRetrieval } from './list-retrieval.ts';
import { listServingFunctions, vectorsOfPairsFunctions } from './list-serving-functions.ts';
import { changeOpinions, headInputs, pairInputs } from './pair-inputs.ts';
import { ratingStateWidth } from './rating-head.ts';

interface CompiledFunctions {
  readonly embedUsers: CompiledFunction | undefined;
  readonly embedItems: CompiledFunction;
  readonly fold: CompiledFunction;
  readonly score: Readonly<Record<ListScope, CompiledFunction>>;
  /** Compiled on first use, because most active models are never asked to explain. */
  readonly explain: Readonly<Record<ListScope, LazyFunction>>;
  /** Compiled on first use, because evaluations score all items. */
  readonly taskVectors: Readonly<Record<ListScope, LazyFunction>> | undefined;
  /** Compiled on first use, because not every client asks for predicted ratings. */
  readonly ratings: { readonly fold: LazyFunction; readonly predict: LazyFunction } | undefined;
}

/** Makes a CMML recommender that ranks the catalog. Throws the errors of `listServingFunctions`. */
export async function loadListCmml(artifact: ModelArtifact, engine: Engine): Promise<Recommender> {
  const config = parseListConfig(artifact.config);
  const functions = listServingFunctions(artifact);
  const lazy = (definition: FunctionDefinition) => new LazyFunction(() => engine.compile(definition));
  const { foldRatings, predict } = functions;
  const vectors = functions.taskVector && vectorsOfPairsFunctions(artifact);
  const [embedUsers, embedItems, fold, score, scoreInPool] = await Promise.all([
    functions.embedUsers && engine.compile(functions.embedUsers),
    engine.compile(functions.embedItems),
    engine.compile(functions.fold),
    engine.compile(functions.score),
    engine.compile(functions.scoreInPool),
  ]);
  return new ListRecommender({ ...artifact, config }, engine.rowsPerRun, {
    embedUsers,
    embedItems,
    fold,
    score: { catalog: score, pool: scoreInPool },
    explain: { catalog: lazy(functions.explain), pool: lazy(functions.explainInPool) },
    taskVectors: vectors && { catalog: lazy(vectors.catalog), pool: lazy(vectors.pool) },
    ratings: foldRatings && predict && { fold: lazy(foldRatings), predict: lazy(predict) },
  });
}

class ListRecommender implements Recommender {
  readonly kind = 'cmml';
  readonly support = 'feedback';
  readonly predictsLabels = false;
  readonly schema: FeatureSchema;
  readonly supportLimit: number;
  readonly retrieval?: RetrievalVectors;
  readonly ratings?: RatingPredictor;
  readonly #artifact: ModelArtifact & { readonly config: ListConfig };
  readonly #rowsPerRun: number;
  readonly #compiled: CompiledFunctions;

  constructor(
    artifact: ModelArtifact & { readonly config: ListConfig },
    rowsPerRun: number,
    compiled: CompiledFunctions,
  ) {
    this.schema = artifact.schema;
    this.supportLimit = artifact.config.supportLimit;
    this.#artifact = artifact;
    this.#rowsPerRun = rowsPerRun;
    this.#compiled = compiled;
    const { taskVectors, ratings } = compiled;
    if (taskVectors) this.retrieval = listRetrieval(artifact.config, taskVectors);
    if (ratings) this.ratings = this.#ratings(ratings);
  }

  async embedUsers(features: EncodedFeatures): Promise<Embeddings> {
    const { vectorWidth: width } = this.#artifact.config;
    const { embedUsers } = this.#compiled;
    if (!embedUsers) return { rows: features.rows, width, data: new Float32Array(features.rows * width) };
    return embedInChunks(embedUsers, features, { width, rowsPerRun: this.#rowsPerRun });
  }

  embedItems(features: EncodedFeatures): Promise<Embeddings> {
    const width = itemWidth(this.#artifact.config);
    return embedInChunks(this.#compiled.embedItems, features, { width, rowsPerRun: this.#rowsPerRun });
  }

  /**
   * The learned output vector and the closed-form factors of each item: items with similar ones have the same users.
   */
  itemVectors({ rows, width, data }: Embeddings): Embeddings {
    const { vectorWidth, closedForm } = this.#artifact.config;
    const vectors = new Float32Array(rows * (vectorWidth + closedForm.width));
    for (let row = 0; row < rows; row++) {
      const own = data.subarray(row * width, (row + 1) * width);
      const factors = own.subarray(2 * vectorWidth + 2, 2 * vectorWidth + 2 + closedForm.width);
      const start = row * (vectorWidth + closedForm.width);
      vectors.set(own.subarray(vectorWidth, 2 * vectorWidth), start);
      vectors.set(scaled(factors, closedForm.scale), start + vectorWidth);
    }
    return { rows, width: vectorWidth + closedForm.width, data: vectors };
  }

  /** With a closed-form head, the state ends with the ID row and the opinion of each item that has one. */
  async adapt(support: SupportSet, earlier = this.#start(listStateWidth)): Promise<Adaptation> {
    const { config } = this.#artifact;
    const width = listStateWidth(config);
    const folded = { ...earlier, state: earlier.state.subarray(0, width) };
    if (config.closedForm.width === 0) return this.#fold(this.#compiled.fold, support, folded);
    checkSupportSet(support);
    const { changes, known } = changeOpinions(config, support, opinionsOf(earlier.state.subarray(width)));
    const { state, pairs } = await this.#fold(this.#compiled.fold, support, folded, (range) =>
      headInputs(changes, range),
    );
    const whole = new Float32Array(width + 2 * known.size);
    whole.set(state);
    whole.set([...known].flat(), width);
    return { state: whole, pairs };
  }

  score(
    adaptation: Adaptation,
    user: Embeddings,
    items: Embeddings,
    scope: ListScope = 'catalog',
  ): Promise<Float32Array> {
    return scoreInChunks(this.#compiled.score[scope], this.#sharedInputs(adaptation, user), items, this.#rowsPerRun);
  }

  explain(
    adaptation: Adaptation,
    user: Embeddings,
    items: Embeddings,
    scope: ListScope = 'catalog',
  ): Promise<HostTensors> {
    const explain = this.#compiled.explain[scope];
    return explainInChunks(explain, this.#sharedInputs(adaptation, user), items, this.#rowsPerRun);
  }

  save(): ModelArtifact {
    return this.#artifact;
  }

  dispose(): void {
    const { embedUsers, embedItems, fold, ...byName } = this.#compiled;
    const grouped = Object.values(byName).flatMap((functions) => Object.values(functions ?? {}));
    for (const compiled of [embedUsers, embedItems, fold, ...grouped]) compiled?.dispose();
  }

  #ratings({ fold, predict }: NonNullable<CompiledFunctions['ratings']>): RatingPredictor {
    return {
      adapt: async (support, earlier) =>
        this.#fold(await fold.get(), support, earlier ?? this.#start(ratingStateWidth)),
      predict: async ({ state }, items) => {
        const folded = { state: floatTensor([state.length], state) };
        return scoreInChunks(await predict.get(), folded, items, this.#rowsPerRun, 'ratings');
      },
    };
  }

  /** Returns the inputs of `scoreFunction` that all items of a call share. */
  #sharedInputs({ state, pairs }: Adaptation, user: Embeddings): HostTensors {
    const width = listStateWidth(this.#artifact.config);
    return {
      state: floatTensor([width], state.subarray(0, width)),
      count: scalarTensor(pairs),
      user: floatTensor([user.data.length], user.data),
    };
  }

  /** The state of a task without interactions. */
  #start(widthOf: (config: ListConfig) => number): Adaptation {
    return { state: new Float32Array(widthOf(this.#artifact.config)), pairs: 0 };
  }

  /** `more` returns further inputs of the function for some of the pairs. */
  async #fold(
    compiled: CompiledFunction,
    support: SupportSet,
    earlier: Adaptation,
    more: (pairs: readonly [start: number, end: number]) => HostTensors = () => ({}),
  ): Promise<Adaptation> {
    checkSupportSet(support);
    let { state } = earlier;
    const { rows } = support.items;
    await runInChunks(rows, this.#rowsPerRun, async (start, end) => {
      const { folded } = await compiled.run({
        state: floatTensor([state.length], state),
        ...pairInputs(this.#artifact.config, support, [start, end]),
        ...more([start, end]),
      });
      state = folded?.data as Float32Array;
    });
    return { state, pairs: earlier.pairs + rows };
  }
}

/** Returns the opinions at the end of a state. */
function opinionsOf(flat: Float32Array): Map<number, number> {
  const opinions = new Map<number, number>();
  for (let at = 0; at < flat.length; at += 2) opinions.set(flat[at] as number, flat[at + 1] as number);
  return opinions;
}

/** Scales factors as the score does: the product of two of them is multiplied by `scale`. */
function scaled(factors: Float32Array, scale: number): Float32Array {
  return factors.map((value) => value * Math.sqrt(scale));
}
