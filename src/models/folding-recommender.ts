import type { CompiledFunction, Engine, FunctionDefinition, HostTensors } from '../engine/engine.ts';
import { floatTensor, scalarTensor } from '../engine/host-tensor.ts';
import { runInChunks } from './in-chunks.ts';
import { loadPairModel, type PairModel, type PairRole, type TaskAdapter } from './pair-recommender.ts';
import type { Adaptation, Recommender, SupportSet } from './recommender.ts';
import { checkSupportSet, supportInputs } from './support-inputs.ts';

export type FoldingRole = PairRole | 'fold';

/** An uncompiled model that folds support pairs into the state of a task. */
export interface FoldingModel extends PairModel {
  /** The state of a task without pairs is zero. */
  readonly stateWidth: number;
  /** The number of pairs that one run of `fold` takes. Fewer pairs are padded with masked ones. Default: any number. */
  readonly pairsPerFold?: number | undefined;
  /** `fold` and `score` can read the number of pairs of the task so far as `count`. */
  readonly functions: Readonly<Record<FoldingRole, FunctionDefinition>>;
}

export async function loadFoldingModel(model: FoldingModel, engine: Engine): Promise<Recommender> {
  return loadPairModel(model, new FoldingAdapter(model, await engine.compile(model.functions.fold), engine), engine);
}

class FoldingAdapter implements TaskAdapter {
  readonly #model: FoldingModel;
  readonly #fold: CompiledFunction;
  readonly #rowsPerRun: number;

  constructor(model: FoldingModel, fold: CompiledFunction, { rowsPerRun }: Engine) {
    this.#model = model;
    this.#fold = fold;
    this.#rowsPerRun = rowsPerRun;
  }

  async adapt(support: SupportSet, earlier?: Adaptation): Promise<Adaptation> {
    checkSupportSet(support);
    const { rows } = support.items;
    const { stateWidth, pairsPerFold } = this.#model;
    let state = earlier?.state ?? new Float32Array(stateWidth);
    const pairs = earlier?.pairs ?? 0;
    await runInChunks(rows, pairsPerFold ?? this.#rowsPerRun, async (start, end) => {
      const { folded } = await this.#fold.run({
        ...this.inputsOf({ state, pairs: pairs + start }),
        ...supportInputs(support, [start, end], pairsPerFold),
      });
      state = folded?.data as Float32Array;
    });
    return { state, pairs: pairs + rows };
  }

  inputsOf({ state, pairs }: Adaptation): HostTensors {
    return { state: floatTensor([state.length], state), count: scalarTensor(pairs) };
  }

  dispose(): void {
    this.#fold.dispose();
  }
}
