import type { CompiledFunction, Engine, FunctionDefinition, HostTensors } from '../engine/engine.ts';
import { floatTensor, scalarTensor } from '../engine/host-tensor.ts';
import type { EncodedFeatures } from '../features/encode-features.ts';
import type { EntityKind, FeatureSchema } from '../features/feature-schema.ts';
import { embedInChunks } from './embedding/embed-function.ts';
import type { EmbeddingConfig } from './embedding/embedding-config.ts';
import { embeddedWidth } from './embedding/entity-embedding.ts';
import { explainInChunks, runInChunks, scoreInChunks } from './in-chunks.ts';
import { objectives } from './objectives.ts';
import type { Adaptation, Embeddings, ModelArtifact, Recommender, SupportKind, SupportSet } from './recommender.ts';
import { LazyFunction } from './serving-function.ts';
import { checkSupportSet, supportInputs } from './support-inputs.ts';

export type FoldingRole = 'embedUsers' | 'embedItems' | 'fold' | 'score' | 'explain';

/** An uncompiled model that folds support pairs into the state of a task. */
export interface FoldingModel {
  readonly artifact: ModelArtifact;
  readonly config: EmbeddingConfig & {
    readonly objective: keyof typeof objectives;
    readonly support: SupportKind;
    readonly supportLimit: number;
  };
  /** The state of a task without pairs is zero. */
  readonly stateWidth: number;
  /** The number of pairs that one run of `fold` takes. Fewer pairs are padded with masked ones. Default: any number. */
  readonly pairsPerFold?: number | undefined;
  /** `fold` and `score` can read the number of pairs of the task so far as `count`. */
  readonly functions: Readonly<Record<FoldingRole, FunctionDefinition>>;
}

/** `explain` is compiled on first use, because most active models are never asked to explain. */
type CompiledFunctions = Readonly<Record<Exclude<FoldingRole, 'explain'>, CompiledFunction>> & {
  readonly explain: LazyFunction;
};

export async function loadFoldingModel(model: FoldingModel, engine: Engine): Promise<Recommender> {
  const { functions } = model;
  const [embedUsers, embedItems, fold, score] = await Promise.all([
    engine.compile(functions.embedUsers),
    engine.compile(functions.embedItems),
    engine.compile(functions.fold),
    engine.compile(functions.score),
  ]);
  return new FoldingRecommender(model, engine.rowsPerRun, {
    embedUsers,
    embedItems,
    fold,
    score,
    explain: new LazyFunction(() => engine.compile(functions.explain)),
  });
}

class FoldingRecommender implements Recommender {
  readonly kind: string;
  readonly schema: FeatureSchema;
  readonly supportLimit: number;
  readonly support: SupportKind;
  readonly predictsLabels: boolean;
  readonly #model: FoldingModel;
  readonly #rowsPerRun: number;
  readonly #compiled: CompiledFunctions;

  constructor(model: FoldingModel, rowsPerRun: number, compiled: CompiledFunctions) {
    const { artifact, config } = model;
    this.kind = artifact.kind;
    this.schema = artifact.schema;
    this.supportLimit = config.supportLimit;
    this.support = config.support;
    this.predictsLabels = objectives[config.objective].standardizesLabels;
    this.#model = model;
    this.#rowsPerRun = rowsPerRun;
    this.#compiled = compiled;
  }

  embedUsers(features: EncodedFeatures): Promise<Embeddings> {
    return this.#embed('user', this.#compiled.embedUsers, features);
  }

  embedItems(features: EncodedFeatures): Promise<Embeddings> {
    return this.#embed('item', this.#compiled.embedItems, features);
  }

  async adapt(support: SupportSet, earlier?: Adaptation): Promise<Adaptation> {
    checkSupportSet(support);
    const { rows } = support.items;
    const { stateWidth, pairsPerFold } = this.#model;
    let state = earlier?.state ?? new Float32Array(stateWidth);
    const pairs = earlier?.pairs ?? 0;
    await runInChunks(rows, pairsPerFold ?? this.#rowsPerRun, async (start, end) => {
      const { folded } = await this.#compiled.fold.run({
        state: floatTensor([state.length], state),
        count: scalarTensor(pairs + start),
        ...supportInputs(support, [start, end], pairsPerFold),
      });
      state = folded?.data as Float32Array;
    });
    return { state, pairs: pairs + rows };
  }

  score(adaptation: Adaptation, user: Embeddings, items: Embeddings): Promise<Float32Array> {
    return scoreInChunks(this.#compiled.score, sharedInputs(adaptation, user), items, this.#rowsPerRun);
  }

  explain(adaptation: Adaptation, user: Embeddings, items: Embeddings): Promise<HostTensors> {
    return explainInChunks(this.#compiled.explain, sharedInputs(adaptation, user), items, this.#rowsPerRun);
  }

  save(): ModelArtifact {
    const { artifact, config } = this.#model;
    return { ...artifact, config };
  }

  dispose(): void {
    for (const compiled of Object.values(this.#compiled)) compiled.dispose();
  }

  #embed(entity: EntityKind, compiled: CompiledFunction, features: EncodedFeatures): Promise<Embeddings> {
    const width = embeddedWidth(this.#model.config, this.schema, entity);
    return embedInChunks(compiled, features, { width, rowsPerRun: this.#rowsPerRun });
  }
}

/** Returns the inputs of the score that all items of a call share. */
function sharedInputs({ state, pairs }: Adaptation, user: Embeddings): HostTensors {
  return {
    state: floatTensor([state.length], state),
    count: scalarTensor(pairs),
    user: floatTensor([user.data.length], user.data),
  };
}
