import type { Engine, FunctionDefinition, HostTensors } from '../../engine/engine.ts';
import { floatTensor } from '../../engine/host-tensor.ts';
import { loadPairModel, type PairModel, type PairModelConfig, type TaskAdapter } from '../pair-recommender.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { Adaptation, ModelArtifact, Recommender, SupportSet } from '../recommender.ts';
import { LazyFunction } from '../serving-function.ts';
import { sourceOf } from '../serving-function-source.ts';
import { checkSupportSet } from '../support-inputs.ts';
import type { GradientMethod, GradientServingRole } from './gradient-serving-functions.ts';
import { packParameters } from './packed-parameters.ts';
import { batchInputs, latestPairs } from './support-batches.ts';
import { packState, type StateLayout, withKeptPairs } from './task-state.ts';

/** What distinguishes models that adapt to a task by gradient steps on all its support pairs. */
export interface GradientModel {
  /** With the parsed configuration. */
  readonly artifact: ModelArtifact & { readonly config: PairModelConfig };
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
  return { artifact: { ...artifact, config }, layout, functions, start };
}

/** Makes a recommender. The steps are compiled and run in a separate thread, if the engine supports it. */
export async function loadGradientModel(model: GradientModel, engine: Engine): Promise<Recommender> {
  const { artifact, layout, functions } = model;
  const widths = { user: layout.userWidth, item: layout.itemWidth };
  const pairModel: PairModel = { artifact, widths, functions };
  return loadPairModel(pairModel, new GradientAdapter(model, engine), engine);
}

/**
 * Adapts from the trained start to the latest `supportLimit` pairs of a task. Further pairs therefore repeat the steps
 * for all pairs that are kept.
 */
class GradientAdapter implements TaskAdapter {
  readonly #model: GradientModel;
  readonly #adapt: LazyFunction;
  readonly #untouched: Float32Array;

  constructor(model: GradientModel, engine: Engine) {
    const { artifact, functions } = model;
    this.#model = model;
    this.#adapt = new LazyFunction(() =>
      engine.compile({ ...functions.adapt, threadSource: sourceOf(artifact, 'adapt') }),
    );
    this.#untouched = emptyState(model);
  }

  async adapt(support: SupportSet, earlier?: Adaptation): Promise<Adaptation> {
    checkSupportSet(support);
    const { rows } = support.items;
    if (rows === 0) return { state: (earlier?.state ?? this.#untouched).slice(), pairs: earlier?.pairs ?? 0 };
    const { layout, artifact } = this.#model;
    const all = withKeptPairs(layout, earlier?.state ?? this.#untouched, support);
    const kept = batchInputs(all, latestPairs(artifact.config, all.labels));
    const { adapted } = await (await this.#adapt.get()).run(kept);
    return { state: packState(layout, kept, adapted?.data as Float32Array), pairs: (earlier?.pairs ?? 0) + rows };
  }

  inputsOf({ state }: Adaptation): HostTensors {
    return { state: floatTensor([state.length], state) };
  }

  dispose(): void {
    this.#adapt.dispose();
  }
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
