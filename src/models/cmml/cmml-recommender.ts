import type { CompiledFunction, Engine, HostTensors } from '../../engine/engine.ts';
import { floatTensor, scalarTensor } from '../../engine/host-tensor.ts';
import type { EncodedFeatures } from '../../features/encode-features.ts';
import type { EntityKind, FeatureSchema } from '../../features/feature-schema.ts';
import { embedInChunks } from '../embedding/embed-function.ts';
import { embeddedWidth } from '../embedding/entity-embedding.ts';
import { loadGradientModel } from '../gradient-steps/gradient-recommender.ts';
import { explainInChunks, runInChunks, scoreInChunks } from '../in-chunks.ts';
import { objectives } from '../objectives.ts';
import type { Adaptation, Embeddings, ModelArtifact, Recommender, SupportKind, SupportSet } from '../recommender.ts';
import { LazyFunction } from '../serving-function.ts';
import { checkSupportSet, supportInputs } from '../support-inputs.ts';
import { type CmmlConfig, parseCmmlConfig } from './cmml-config.ts';
import { cmmlServingFunctions, type ServingRole } from './cmml-serving-functions.ts';
import { refinedModel } from './refined-model.ts';
import { refines } from './refinement.ts';
import { pairsPerFold, stateWidth } from './task-context.ts';

/** `explain` is compiled on first use, because most active models are never asked to explain. */
type CompiledFunctions = Readonly<Record<Exclude<ServingRole, 'explain'>, CompiledFunction>> & {
  readonly explain: LazyFunction;
};

/**
 * Makes a CMML recommender from an artifact of `save` or of training. If it refines contexts, the steps on a task begin
 * again with each further pair. Throws the errors of `cmmlServingFunctions`.
 */
export async function loadCmml(artifact: ModelArtifact, engine: Engine): Promise<Recommender> {
  const config = parseCmmlConfig(artifact.config);
  if (refines(config)) return loadGradientModel(refinedModel(artifact), engine);
  const functions = cmmlServingFunctions(artifact);
  const [embedUsers, embedItems, fold, score] = await Promise.all([
    engine.compile(functions.embedUsers),
    engine.compile(functions.embedItems),
    engine.compile(functions.fold),
    engine.compile(functions.score),
  ]);
  return new CmmlRecommender({ ...artifact, config }, engine.rowsPerRun, {
    embedUsers,
    embedItems,
    fold,
    score,
    explain: new LazyFunction(() => engine.compile(functions.explain)),
  });
}

class CmmlRecommender implements Recommender {
  readonly kind = 'cmml';
  readonly schema: FeatureSchema;
  readonly supportLimit: number;
  readonly support: SupportKind;
  readonly predictsLabels: boolean;
  readonly #artifact: ModelArtifact & { readonly config: CmmlConfig };
  readonly #rowsPerRun: number;
  readonly #compiled: CompiledFunctions;

  constructor(
    artifact: ModelArtifact & { readonly config: CmmlConfig },
    rowsPerRun: number,
    compiled: CompiledFunctions,
  ) {
    this.schema = artifact.schema;
    this.supportLimit = artifact.config.supportLimit;
    this.support = artifact.config.support;
    this.predictsLabels = objectives[artifact.config.objective].standardizesLabels;
    this.#artifact = artifact;
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
    const fixed = pairsPerFold(this.#artifact.config);
    const room = typeof fixed === 'number' ? fixed : undefined;
    let state = earlier?.state ?? new Float32Array(stateWidth(this.#artifact.config, this.schema));
    const folded = earlier?.pairs ?? 0;
    await runInChunks(rows, room ?? this.#rowsPerRun, async (start, end) => {
      const output = await this.#compiled.fold.run({
        state: floatTensor([state.length], state),
        count: scalarTensor(folded + start),
        ...supportInputs(support, [start, end], room),
      });
      state = dataOf(output, 'folded');
    });
    return { state, pairs: folded + rows };
  }

  score(adaptation: Adaptation, user: Embeddings, items: Embeddings): Promise<Float32Array> {
    const shared = sharedInputs(adaptation, user);
    return scoreInChunks(this.#compiled.score, shared, items, this.#rowsPerRun);
  }

  explain(adaptation: Adaptation, user: Embeddings, items: Embeddings): Promise<HostTensors> {
    const shared = sharedInputs(adaptation, user);
    return explainInChunks(this.#compiled.explain, shared, items, this.#rowsPerRun);
  }

  save(): ModelArtifact {
    return this.#artifact;
  }

  dispose(): void {
    for (const compiled of Object.values(this.#compiled)) compiled.dispose();
  }

  #embed(entity: EntityKind, compiled: CompiledFunction, features: EncodedFeatures): Promise<Embeddings> {
    const width = embeddedWidth(this.#artifact.config, this.schema, entity);
    return embedInChunks(compiled, features, { width, rowsPerRun: this.#rowsPerRun });
  }
}

/** Returns the inputs of `scoreFunction` that all items of a call share. */
function sharedInputs({ state, pairs }: Adaptation, user: Embeddings): HostTensors {
  return {
    state: floatTensor([state.length], state),
    count: scalarTensor(pairs),
    user: floatTensor([user.data.length], user.data),
  };
}

function dataOf(output: HostTensors, name: string): Float32Array {
  return output[name]?.data as Float32Array;
}
