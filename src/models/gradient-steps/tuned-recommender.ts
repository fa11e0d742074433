import type { CompiledFunction, Engine, HostTensors } from '../../engine/engine.ts';
import { floatTensor } from '../../engine/host-tensor.ts';
import type { EncodedFeatures } from '../../features/encode-features.ts';
import type { EntityKind, FeatureSchema } from '../../features/feature-schema.ts';
import { embedInChunks } from '../embedding/embed-function.ts';
import { embeddedWidth } from '../embedding/entity-embedding.ts';
import { explainInChunks, runInChunks, scoreInChunks } from '../in-chunks.ts';
import { objectives } from '../objectives.ts';
import type { Adaptation, Embeddings, ModelArtifact, Recommender, SupportKind, SupportSet } from '../recommender.ts';
import { LazyFunction } from '../serving-function.ts';
import { sourceOf } from '../serving-function-source.ts';
import { checkSupportSet } from '../support-inputs.ts';
import { fineTunes } from './fine-tuning.ts';
import { packParameters } from './packed-parameters.ts';
import { batchInputs, supportBatches } from './support-batches.ts';
import type { TunedConfig, TunedNetwork } from './tuned-network.ts';
import { tunedServingFunctions } from './tuned-serving-functions.ts';

/** `fineTune` and `explain` are compiled on first use, because many active models need neither. */
interface CompiledFunctions {
  readonly embedUsers: CompiledFunction;
  readonly embedItems: CompiledFunction;
  readonly score: CompiledFunction;
  readonly explain: LazyFunction;
  readonly fineTune?: LazyFunction;
}

type TunedArtifact = ModelArtifact & { readonly config: TunedConfig };

/** Makes a recommender from an artifact and its network. Throws the errors of `tunedServingFunctions`. */
export async function loadTuned(artifact: ModelArtifact, network: TunedNetwork, engine: Engine): Promise<Recommender> {
  const { fineTune, ...functions } = tunedServingFunctions(network, artifact.parameters);
  const [embedUsers, embedItems, score] = await Promise.all([
    engine.compile(functions.embedUsers),
    engine.compile(functions.embedItems),
    engine.compile(functions.score),
  ]);
  return new TunedRecommender({ ...artifact, config: network.config }, network, engine.rowsPerRun, {
    embedUsers,
    embedItems,
    score,
    explain: new LazyFunction(() => engine.compile(functions.explain)),
    ...(fineTune && {
      fineTune: new LazyFunction(() => engine.compile({ ...fineTune, threadSource: sourceOf(artifact, 'fineTune') })),
    }),
  });
}

/** A recommender that scores pairs by a network, and that adapts to a task by gradient steps or not at all. */
class TunedRecommender implements Recommender {
  readonly kind: string;
  readonly schema: FeatureSchema;
  readonly supportLimit: number;
  readonly support: SupportKind;
  readonly predictsLabels: boolean;
  readonly #artifact: TunedArtifact;
  readonly #rowsPerRun: number;
  readonly #compiled: CompiledFunctions;
  /**
   * The state of a task without interactions: the trained layers, or an empty state if the model does not fine-tune.
   */
  readonly #trained: Float32Array;

  constructor(artifact: TunedArtifact, { layers }: TunedNetwork, rowsPerRun: number, compiled: CompiledFunctions) {
    const { kind, config, schema, parameters } = artifact;
    this.kind = kind;
    this.schema = schema;
    this.supportLimit = config.supportLimit;
    this.support = config.support;
    this.predictsLabels = objectives[config.objective].standardizesLabels;
    this.#artifact = artifact;
    this.#rowsPerRun = rowsPerRun;
    this.#compiled = compiled;
    this.#trained = fineTunes(config) ? packParameters(layers, parameters) : new Float32Array();
  }

  embedUsers(features: EncodedFeatures): Promise<Embeddings> {
    return this.#embed('user', this.#compiled.embedUsers, features);
  }

  embedItems(features: EncodedFeatures): Promise<Embeddings> {
    return this.#embed('item', this.#compiled.embedItems, features);
  }

  /**
   * Without steps the model does not adapt. With steps it continues from the `earlier` layers, or from the trained
   * layers, and takes all its steps on each batch of `supportLimit` pairs. It therefore takes more steps if the pairs
   * come in several calls. Each batch is one run. At the sizes of DCN's paper a run takes 5 ms on `onnx`, in a
   * thread of its own, and about 50 ms on `wasm`, where it blocks the event loop.
   */
  async adapt(support: SupportSet, earlier?: Adaptation): Promise<Adaptation> {
    checkSupportSet(support);
    let state = (earlier?.state ?? this.#trained).slice();
    const { fineTune } = this.#compiled;
    const batches = fineTune ? supportBatches(this.#artifact.config, support.labels) : [];
    await runInChunks(batches.length, 1, async (batch) => {
      const compiled = await (fineTune as LazyFunction).get();
      const inputs = batchInputs(support, batches[batch] as Int32Array);
      const { fineTuned } = await compiled.run({ state: floatTensor([state.length], state), ...inputs });
      state = fineTuned?.data as Float32Array<ArrayBuffer>;
    });
    return { state, pairs: (earlier?.pairs ?? 0) + support.items.rows };
  }

  score(adaptation: Adaptation, user: Embeddings, items: Embeddings): Promise<Float32Array> {
    const shared = this.#sharedInputs(adaptation, user);
    return scoreInChunks(this.#compiled.score, shared, items, this.#rowsPerRun);
  }

  explain(adaptation: Adaptation, user: Embeddings, items: Embeddings): Promise<HostTensors> {
    const shared = this.#sharedInputs(adaptation, user);
    return explainInChunks(this.#compiled.explain, shared, items, this.#rowsPerRun);
  }

  save(): ModelArtifact {
    return this.#artifact;
  }

  dispose(): void {
    for (const compiled of Object.values(this.#compiled)) compiled.dispose();
  }

  /** Returns the inputs of the score that all items of a call share. */
  #sharedInputs({ state }: Adaptation, user: Embeddings): HostTensors {
    return {
      ...(fineTunes(this.#artifact.config) && { state: floatTensor([state.length], state) }),
      user: floatTensor([user.data.length], user.data),
    };
  }

  #embed(entity: EntityKind, compiled: CompiledFunction, features: EncodedFeatures): Promise<Embeddings> {
    const width = embeddedWidth(this.#artifact.config, this.schema, entity);
    return embedInChunks(compiled, features, { width, rowsPerRun: this.#rowsPerRun });
  }
}
