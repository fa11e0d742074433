import type { HostTensors } from '../../engine/engine.ts';
import { floatTensor } from '../../engine/host-tensor.ts';
import type { EncodedFeatures } from '../../features/encode-features.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { runInChunks } from '../in-chunks.ts';
import { idsOf } from '../item-ids.ts';
import type {
  Adaptation,
  Embeddings,
  ModelArtifact,
  Recommender,
  RetrievalVectors,
  SupportSet,
} from '../recommender.ts';
import { popularityOf, popularityTerms } from './popularity-terms.ts';
import { addPositives } from './positive-set.ts';

/** What one kind of closed-form model computes from the positives of a task. Items are ID rows, 0 if unknown. */
export interface PositiveScorer {
  /** The width of the task's representation. 0: the model scores by the positives themselves. */
  readonly taskWidth: number;
  /** Returns the representation of a task, `[taskWidth]`. */
  represent(positives: Float32Array): Promise<Float32Array>;
  /** Returns the score of each item, 0 for unknown items and for a task without positives. */
  score(task: TaskState, items: Float32Array): Promise<Float32Array>;
  /**
   * See `Recommender.itemVectors`, `[items, taskWidth]`. If present, a score is the inner product of the representation
   * and an item's vector.
   */
  itemVectors?(items: Float32Array): Embeddings;
  dispose(): void;
}

export interface TaskState {
  readonly representation: Float32Array;
  /** The ID rows of the positives, ascending, each once. */
  readonly positives: Float32Array;
}

interface ClosedFormArtifact extends ModelArtifact {
  readonly config: { readonly positiveFrom: number };
}

/**
 * A model of the positives of a task: which other items go with them. The state of an adaptation is the task's
 * representation followed by its positives. An item counts once. Items of equal scores, and all items of a task without
 * positives, are ordered by popularity. The model does not distinguish users, nor items that training did not see.
 */
export class ClosedFormRecommender implements Recommender {
  readonly kind: string;
  readonly schema: FeatureSchema;
  readonly supportLimit = Infinity;
  readonly support = 'feedback';
  readonly predictsLabels = false;
  readonly itemVectors?: (items: Embeddings) => Embeddings;
  readonly similarities?: (item: Embeddings, others: Embeddings) => Promise<Float32Array>;
  readonly retrieval?: RetrievalVectors;
  readonly #artifact: ClosedFormArtifact;
  readonly #scorer: PositiveScorer;
  readonly #popularity: Float32Array;

  constructor(artifact: ClosedFormArtifact, scorer: PositiveScorer) {
    this.kind = artifact.kind;
    this.schema = artifact.schema;
    this.#artifact = artifact;
    this.#scorer = scorer;
    this.#popularity = popularityTerms(artifact.parameters);
    const { itemVectors } = scorer;
    if (itemVectors) {
      this.itemVectors = ({ data }) => itemVectors(data);
      this.retrieval = this.#retrieval(itemVectors);
    } else this.similarities = ({ data: [id] }, { data: ids }) => scoreByOne(scorer, id as number, ids);
  }

  /** All users have the same embedding: `[rows, 1]` of zeros. */
  async embedUsers({ rows }: EncodedFeatures): Promise<Embeddings> {
    return { rows, width: 1, data: new Float32Array(rows) };
  }

  /** The embedding of an item is the row of its ID, `[rows, 1]`. */
  async embedItems(features: EncodedFeatures): Promise<Embeddings> {
    return { rows: features.rows, width: 1, data: idsOf(this.schema, features) };
  }

  async adapt(support: SupportSet, earlier?: Adaptation): Promise<Adaptation> {
    const known = earlier ? this.#stateOf(earlier).positives : new Float32Array();
    const positives = addPositives(known, support, this.#artifact.config.positiveFrom);
    const { taskWidth } = this.#scorer;
    const state = new Float32Array(taskWidth + positives.length);
    if (taskWidth > 0 && positives.length > 0) state.set(await this.#scorer.represent(positives));
    state.set(positives, taskWidth);
    return { state, pairs: (earlier?.pairs ?? 0) + support.items.rows };
  }

  async score(adaptation: Adaptation, _user: Embeddings, { data: ids }: Embeddings): Promise<Float32Array> {
    const scores = await this.#scorer.score(this.#stateOf(adaptation), ids);
    return scores.map((score, row) => score + (this.#popularity[ids[row] as number] as number));
  }

  /**
   * Returns `association`, the score without popularity, and `popularity`, the share of training users who like the
   * item, each `[items]`; with a representation also `context`, `[items, taskWidth]`.
   */
  async explain(adaptation: Adaptation, _user: Embeddings, { rows, data: ids }: Embeddings): Promise<HostTensors> {
    if (rows === 0) return {};
    const task = this.#stateOf(adaptation);
    const shares = popularityOf(this.#artifact.parameters);
    const { taskWidth } = this.#scorer;
    return {
      association: floatTensor([rows], await this.#scorer.score(task, ids)),
      popularity: floatTensor(
        [rows],
        ids.map((id) => shares[id] as number),
      ),
      ...(taskWidth > 0 && { context: floatTensor([rows, taskWidth], repeated(task.representation, rows)) }),
    };
  }

  save(): ModelArtifact {
    return this.#artifact;
  }

  dispose(): void {
    this.#scorer.dispose();
  }

  /** The popularity of an item is one more number of its vector, which all tasks multiply by 1. */
  #retrieval(itemVectors: (items: Float32Array) => Embeddings): RetrievalVectors {
    const width = this.#scorer.taskWidth + 1;
    return {
      width,
      itemVectors: async ({ rows, data: ids }) => {
        const data = new Float32Array(rows * width);
        await runInChunks(rows, rowsPerTurn, async (start, end) => {
          const vectors = itemVectors(ids.subarray(start, end));
          for (let row = start; row < end; row++) {
            data.set(rowOf(vectors, row - start), row * width);
            data[(row + 1) * width - 1] = this.#popularity[ids[row] as number] as number;
          }
        });
        return { rows, width, data };
      },
      taskVector: async (support) => {
        const { representation } = this.#stateOf(await this.adapt(support));
        return Float32Array.of(...representation, 1);
      },
    };
  }

  #stateOf({ state }: Adaptation): TaskState {
    const { taskWidth } = this.#scorer;
    return { representation: state.subarray(0, taskWidth), positives: state.subarray(taskWidth) };
  }
}

/** Rows to copy between two turns of the event loop, about a millisecond. */
const rowsPerTurn = 1 << 13;

function rowOf({ width, data }: Embeddings, row: number): Float32Array {
  return data.subarray(row * width, (row + 1) * width);
}

/** Returns the score of each item for a task with one positive; 0 for all if it is unknown, and for the item itself. */
async function scoreByOne(scorer: PositiveScorer, id: number, items: Float32Array): Promise<Float32Array> {
  if (id === 0) return new Float32Array(items.length);
  const positives = Float32Array.of(id);
  const scores = await scorer.score({ representation: await scorer.represent(positives), positives }, items);
  return scores.map((score, row) => (items[row] === id ? 0 : score));
}

function repeated(row: Float32Array, rows: number): Float32Array {
  const copies = new Float32Array(rows * row.length);
  for (let at = 0; at < rows; at++) copies.set(row, at * row.length);
  return copies;
}
