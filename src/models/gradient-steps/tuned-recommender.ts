import type { Engine, HostTensors } from '../../engine/engine.ts';
import { floatTensor } from '../../engine/host-tensor.ts';
import { embeddedWidths } from '../embedding/entity-embedding.ts';
import { runInChunks } from '../in-chunks.ts';
import { loadPairModel, type TaskAdapter } from '../pair-recommender.ts';
import type { Adaptation, ModelArtifact, Recommender, SupportSet } from '../recommender.ts';
import { LazyFunction } from '../serving-function.ts';
import { sourceOf } from '../serving-function-source.ts';
import { checkSupportSet } from '../support-inputs.ts';
import { fineTunes } from './fine-tuning.ts';
import { packParameters } from './packed-parameters.ts';
import { batchInputs, supportBatches } from './support-batches.ts';
import type { TunedConfig, TunedNetwork } from './tuned-network.ts';
import { tunedServingFunctions } from './tuned-serving-functions.ts';

/** Makes a recommender from an artifact and its network. Throws the errors of `tunedServingFunctions`. */
export async function loadTuned(artifact: ModelArtifact, network: TunedNetwork, engine: Engine): Promise<Recommender> {
  const { config, schema } = network;
  const { fineTune, ...functions } = tunedServingFunctions(network, artifact.parameters);
  const widths = embeddedWidths(config, schema);
  const adapter = fineTunes(config)
    ? new FineTuningAdapter(
        config,
        packParameters(network.layers, artifact.parameters),
        new LazyFunction(() => engine.compile({ ...fineTune!, threadSource: sourceOf(artifact, 'fineTune') })),
      )
    : sameForAllTasks;
  return loadPairModel({ artifact: { ...artifact, config }, widths, functions }, adapter, engine);
}

/** The adapter of a model that does not adapt. The states of tasks are empty. */
const sameForAllTasks: TaskAdapter = {
  async adapt(support, earlier) {
    checkSupportSet(support);
    return { state: new Float32Array(), pairs: (earlier?.pairs ?? 0) + support.items.rows };
  },
  inputsOf: () => ({}),
  dispose() {},
};

/**
 * Continues from the `earlier` layers, or from the trained layers, and takes all its steps on each batch of
 * `supportLimit` pairs. It therefore takes more steps if the pairs come in several calls. Each batch is one run. At the
 * sizes of DCN's paper a run takes 5 ms on `onnx`, in a separate thread, and about 50 ms on `wasm`, where it blocks the
 * event loop.
 */
class FineTuningAdapter implements TaskAdapter {
  readonly #config: TunedConfig;
  readonly #trained: Float32Array;
  readonly #fineTune: LazyFunction;

  constructor(config: TunedConfig, trained: Float32Array, fineTune: LazyFunction) {
    this.#config = config;
    this.#trained = trained;
    this.#fineTune = fineTune;
  }

  async adapt(support: SupportSet, earlier?: Adaptation): Promise<Adaptation> {
    checkSupportSet(support);
    let state = (earlier?.state ?? this.#trained).slice();
    const batches = supportBatches(this.#config, support.labels);
    await runInChunks(batches.length, 1, async (batch) => {
      const compiled = await this.#fineTune.get();
      const inputs = batchInputs(support, batches[batch] as Int32Array);
      const { fineTuned } = await compiled.run({ state: floatTensor([state.length], state), ...inputs });
      state = fineTuned?.data as Float32Array<ArrayBuffer>;
    });
    return { state, pairs: (earlier?.pairs ?? 0) + support.items.rows };
  }

  inputsOf({ state }: Adaptation): HostTensors {
    return { state: floatTensor([state.length], state) };
  }

  dispose(): void {
    this.#fineTune.dispose();
  }
}
