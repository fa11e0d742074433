import { floatTensor } from '../../../engine/host-tensor.ts';
import { runInChunks } from '../../in-chunks.ts';
import type { Embeddings, ListScope, RetrievalVectors, SupportSet } from '../../recommender.ts';
import type { LazyFunction } from '../../serving-function.ts';
import { checkSupportSet } from '../../support-inputs.ts';
import { itemWidth, retrievalWidth, writeRetrievalVectors } from './item-vectors.ts';
import type { ListConfig } from './list-config.ts';
import { changeOpinions, headInputs, pairInputs } from './pair-inputs.ts';

/** Rows to copy between two turns of the event loop, about a millisecond. */
const rowsPerCopy = 1 << 13;

/** Returns the vectors by which a list finds its items. `functions` are those of `vectorsOfPairsFunctions`. */
export function listRetrieval(
  config: ListConfig,
  functions: Readonly<Record<ListScope, LazyFunction>>,
): RetrievalVectors {
  const width = retrievalWidth(config);
  return {
    width,
    async itemVectors(items) {
      const data = new Float32Array(items.rows * width);
      await runInChunks(items.rows, rowsPerCopy, async (start, end) => {
        writeRetrievalVectors(config, items, data, [start, end]);
      });
      return { rows: items.rows, width, data };
    },
    async taskVector(support, user, scope = 'catalog') {
      const compiled = await functions[scope].get();
      const { vector } = await compiled.run(taskInputs(config, support, user));
      return vector?.data as Float32Array;
    },
  };
}

function taskInputs(config: ListConfig, support: SupportSet, user: Embeddings) {
  checkSupportSet(support);
  const { rows, data } = support.items;
  // The embeddings of no items have no width.
  const items = { rows, width: itemWidth(config), data };
  return {
    ...pairInputs(config, { ...support, items }, [0, rows]),
    ...(config.closedForm.width > 0 && headInputs(changeOpinions(config, support, new Map()).changes, [0, rows])),
    count: floatTensor([1, 1], Float32Array.of(rows)),
    user: floatTensor([1, user.width], user.data),
  };
}
