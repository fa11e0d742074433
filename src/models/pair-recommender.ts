import type { CompiledFunction, Engine, FunctionDefinition, HostTensors } from '../engine/engine.ts';
import { floatTensor } from '../engine/host-tensor.ts';
import type { EncodedFeatures } from '../features/encode-features.ts';
import type { EntityKind, FeatureSchema } from '../features/feature-schema.ts';
import { embedInChunks } from './embedding/embed-function.ts';
import { explainInChunks, scoreInChunks } from './in-chunks.ts';
import { type ObjectiveKind, objectives } from './objectives.ts';
import type { Adaptation, Embeddings, ModelArtifact, Recommender, SupportKind, SupportSet } from './recommender.ts';
import { LazyFunction } from './serving-function.ts';

/** The functions of all models that score pairs of an embedded user and an embedded item. */
export type PairRole = 'embedUsers' | 'embedItems' | 'score' | 'explain';

/** An uncompiled model that scores pairs. */
export interface PairModel {
  /** With the parsed configuration. */
  readonly artifact: ModelArtifact & { readonly config: PairModelConfig };
  /** The widths of embedded users and items. */
  readonly widths: Readonly<Record<EntityKind, number>>;
  readonly functions: Readonly<Record<PairRole, FunctionDefinition>>;
}

export interface PairModelConfig {
  readonly objective: ObjectiveKind;
  readonly support: SupportKind;
  readonly supportLimit: number;
}

/** How a model adapts to a task, with compiled functions. */
export interface TaskAdapter {
  /** See `Recommender`. */
  adapt(support: SupportSet, earlier?: Adaptation): Promise<Adaptation>;
  /** Returns what `score` and `explain` read of a task. */
  inputsOf(adaptation: Adaptation): HostTensors;
  dispose(): void;
}

/** Makes a recommender from a model and its adapter, which it disposes of. */
export async function loadPairModel(model: PairModel, adapter: TaskAdapter, engine: Engine): Promise<Recommender> {
  const { embedUsers, embedItems, score, explain } = model.functions;
  const [users, items, scores] = await Promise.all([
    engine.compile(embedUsers),
    engine.compile(embedItems),
    engine.compile(score),
  ]);
  return new PairRecommender(model, adapter, engine.rowsPerRun, {
    embedUsers: users,
    embedItems: items,
    score: scores,
    explain: new LazyFunction(() => engine.compile(explain)),
  });
}

/** `explain` is compiled on first use, because most active models are never asked to explain. */
type CompiledFunctions = Readonly<Record<Exclude<PairRole, 'explain'>, CompiledFunction>> & {
  readonly explain: LazyFunction;
};

class PairRecommender implements Recommender {
  readonly kind: string;
  readonly schema: FeatureSchema;
  readonly supportLimit: number;
  readonly support: SupportKind;
  readonly predictsLabels: boolean;
  readonly #model: PairModel;
  readonly #adapter: TaskAdapter;
  readonly #rowsPerRun: number;
  readonly #compiled: CompiledFunctions;

  constructor(model: PairModel, adapter: TaskAdapter, rowsPerRun: number, compiled: CompiledFunctions) {
    const { kind, schema, config } = model.artifact;
    this.kind = kind;
    this.schema = schema;
    this.supportLimit = config.supportLimit;
    this.support = config.support;
    this.predictsLabels = objectives[config.objective].standardizesLabels;
    this.#model = model;
    this.#adapter = adapter;
    this.#rowsPerRun = rowsPerRun;
    this.#compiled = compiled;
  }

  embedUsers(features: EncodedFeatures): Promise<Embeddings> {
    const sizes = { width: this.#model.widths.user, rowsPerRun: this.#rowsPerRun };
    return embedInChunks(this.#compiled.embedUsers, features, sizes);
  }

  embedItems(features: EncodedFeatures): Promise<Embeddings> {
    const sizes = { width: this.#model.widths.item, rowsPerRun: this.#rowsPerRun };
    return embedInChunks(this.#compiled.embedItems, features, sizes);
  }

  adapt(support: SupportSet, earlier?: Adaptation): Promise<Adaptation> {
    return this.#adapter.adapt(support, earlier);
  }

  score(adaptation: Adaptation, user: Embeddings, items: Embeddings): Promise<Float32Array> {
    return scoreInChunks(this.#compiled.score, this.#sharedInputs(adaptation, user), items, this.#rowsPerRun);
  }

  explain(adaptation: Adaptation, user: Embeddings, items: Embeddings): Promise<HostTensors> {
    return explainInChunks(this.#compiled.explain, this.#sharedInputs(adaptation, user), items, this.#rowsPerRun);
  }

  save(): ModelArtifact {
    return this.#model.artifact;
  }

  dispose(): void {
    this.#adapter.dispose();
    for (const compiled of Object.values(this.#compiled)) compiled.dispose();
  }

  /** Returns the inputs that all items of a call share. */
  #sharedInputs(adaptation: Adaptation, { width, data }: Embeddings): HostTensors {
    return { ...this.#adapter.inputsOf(adaptation), user: floatTensor([width], data) };
  }
}
