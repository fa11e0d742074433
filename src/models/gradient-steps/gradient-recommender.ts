import type { CompiledFunction, Engine, FunctionDefinition, HostTensors } from '../../engine/engine.ts';
import { floatTensor } from '../../engine/host-tensor.ts';
import type { EncodedFeatures } from '../../features/encode-features.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { embedInChunks } from '../embedding/embed-function.ts';
import { explainInChunks, scoreInChunks } from '../in-chunks.ts';
import { objectives } from '../objectives.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { Adaptation, Embeddings, ModelArtifact, Recommender, SupportKind, SupportSet } from '../recommender.ts';
import { LazyFunction } from '../serving-function.ts';
import { sourceOf } from '../serving-function-source.ts';
import { checkSupportSet } from '../support-inputs.ts';
import type { GradientMethod, GradientServingRole } from './gradient-serving-functions.ts';
import { packParameters } from './packed-parameters.ts';
import { type BatchLayout, batchInputs, latestPairs } from './support-batches.ts';
import { packState, type StateLayout, withKeptPairs } from './task-state.ts';

/** The fields of a configuration that a model reads when it adapts. */
export type GradientConfig = BatchLayout & { readonly support: SupportKind };

/** An uncompiled model that adapts to a task by gradient steps on all its support pairs. */
export interface GradientModel {
  readonly artifact: ModelArtifact;
  readonly config: GradientConfig;
  readonly layout: StateLayout;
  readonly functions: Readonly<Record<GradientServingRole, FunctionDefinition>>;
  /** What a task without support pairs starts from, `[adaptedWidth]`. */
  readonly start: Float32Array;
}

/** Returns a model whose layers change, ready to load. In `adapted`, the layers come first, and zeros follow. */
export function layersModel(
  artifact: ModelArtifact,
  { config, layout }: Pick<GradientMethod, 'config' | 'layout'>,
  layers: ParameterDeclarations,
  functions: GradientModel['functions'],
): GradientModel {
  const start = new Float32Array(layout.adaptedWidth);
  start.set(packParameters(layers, artifact.parameters));
  return { artifact: { ...artifact, config }, config, layout, functions, start };
}

/** Makes a recommender. The steps are compiled and run in a separate thread, if the engine supports it. */
export async function loadGradientModel(model: GradientModel, engine: Engine): Promise<Recommender> {
  const { embedUsers, embedItems, adapt, score, explain } = model.functions;
  const [users, items, scores] = await Promise.all([
    engine.compile(embedUsers),
    engine.compile(embedItems),
    engine.compile(score),
  ]);
  return new GradientRecommender(model, engine.rowsPerRun, {
    embedUsers: users,
    embedItems: items,
    score: scores,
    adapt: new LazyFunction(() => engine.compile({ ...adapt, threadSource: sourceOf(model.artifact, 'adapt') })),
    explain: new LazyFunction(() => engine.compile(explain)),
  });
}

interface CompiledFunctions {
  readonly embedUsers: CompiledFunction;
  readonly embedItems: CompiledFunction;
  readonly score: CompiledFunction;
  readonly adapt: LazyFunction;
  readonly explain: LazyFunction;
}

/**
 * Adapts from the trained start to the latest `supportLimit` pairs of a task. Further pairs therefore repeat the steps
 * for all pairs that are kept.
 */
class GradientRecommender implements Recommender {
  readonly kind: string;
  readonly schema: FeatureSchema;
  readonly supportLimit: number;
  readonly support: SupportKind;
  readonly predictsLabels: boolean;
  readonly #model: GradientModel;
  readonly #rowsPerRun: number;
  readonly #compiled: CompiledFunctions;
  readonly #untouched: Float32Array;

  constructor(model: GradientModel, rowsPerRun: number, compiled: CompiledFunctions) {
    const { artifact, config } = model;
    this.kind = artifact.kind;
    this.schema = artifact.schema;
    this.supportLimit = config.supportLimit;
    this.support = config.support;
    this.predictsLabels = objectives[config.objective].standardizesLabels;
    this.#model = model;
    this.#rowsPerRun = rowsPerRun;
    this.#compiled = compiled;
    this.#untouched = emptyState(model);
  }

  embedUsers(features: EncodedFeatures): Promise<Embeddings> {
    const sizes = { width: this.#model.layout.userWidth, rowsPerRun: this.#rowsPerRun };
    return embedInChunks(this.#compiled.embedUsers, features, sizes);
  }

  embedItems(features: EncodedFeatures): Promise<Embeddings> {
    const sizes = { width: this.#model.layout.itemWidth, rowsPerRun: this.#rowsPerRun };
    return embedInChunks(this.#compiled.embedItems, features, sizes);
  }

  async adapt(support: SupportSet, earlier?: Adaptation): Promise<Adaptation> {
    checkSupportSet(support);
    const { rows } = support.items;
    if (rows === 0) return { state: (earlier?.state ?? this.#untouched).slice(), pairs: earlier?.pairs ?? 0 };
    const { layout, config } = this.#model;
    const all = withKeptPairs(layout, earlier?.state ?? this.#untouched, support);
    const kept = batchInputs(all, latestPairs(config, all.labels));
    const { adapted } = await (await this.#compiled.adapt.get()).run(kept);
    return { state: packState(layout, kept, adapted?.data as Float32Array), pairs: (earlier?.pairs ?? 0) + rows };
  }

  score(adaptation: Adaptation, user: Embeddings, items: Embeddings): Promise<Float32Array> {
    return scoreInChunks(this.#compiled.score, sharedInputs(adaptation, user), items, this.#rowsPerRun);
  }

  explain(adaptation: Adaptation, user: Embeddings, items: Embeddings): Promise<HostTensors> {
    return explainInChunks(this.#compiled.explain, sharedInputs(adaptation, user), items, this.#rowsPerRun);
  }

  save(): ModelArtifact {
    return this.#model.artifact;
  }

  dispose(): void {
    for (const compiled of Object.values(this.#compiled)) compiled.dispose();
  }
}

/** Returns the inputs that all items of a call share. */
function sharedInputs({ state }: Adaptation, user: Embeddings): HostTensors {
  return { state: floatTensor([state.length], state), user: floatTensor([user.width], user.data) };
}

function emptyState({ layout, start }: GradientModel): Float32Array {
  const { places, userWidth, itemWidth } = layout;
  const none = batchInputs(
    {
      users: { rows: 0, width: userWidth, data: new Float32Array() },
      items: { rows: 0, width: itemWidth, data: new Float32Array() },
      labels: new Float32Array(),
    },
    new Int32Array(places).fill(-1),
  );
  return packState(layout, none, start);
}
