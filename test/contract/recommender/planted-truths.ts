import { encodeFeatures } from '../../../src/features/encode-features.ts';
import { type EntityKind, type FeatureField, idField } from '../../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../../src/features/fit-feature-schema.ts';
import type { RecommenderKind } from '../../../src/models/recommenders.ts';
import type { TrainingData } from '../../../src/tasks/training-data.ts';
import type { TrainingOptionsInput } from '../../../src/training/training-options.ts';
import { groupOf, plantedData } from '../../training/planted-data.ts';

/** Training data whose right order of items is known by construction, and the model that must find it. */
export interface PlantedTruth {
  readonly title: string;
  readonly config: object;
  /** The entities whose IDs the model reads. */
  readonly ids?: readonly EntityKind[];
  readonly options: TrainingOptionsInput;
  readonly training: TrainingData;
  /** Tasks of new users, encoded with the schema of the training data. */
  readonly unseen: TrainingData;
  /** Whether the support pairs are dislikes, and not likes with an item each that the user does not like. */
  readonly disliked?: true;
  /** How many of a task's first pairs adapt the model. */
  readonly supportPairs: number;
  /** Returns the value of an item for a task. Items of higher value must score higher. */
  readonly value: (task: number, item: number) => number;
  /** The share of item pairs that must be in the right order. Chance gives one half. */
  readonly minimumShare: number;
}

const items = Array.from({ length: 10 }, (_, item) => ({ [idField]: `item ${item}` }));

const options: TrainingOptionsInput = {
  epochs: 20,
  tasksPerStep: 16,
  learningRate: 0.01,
  episodes: { supportPairs: 4, queryPairs: 4, minimumPairs: 8, shortSupportShare: 0, negatives: 'both' },
};
/** An item of the user's own group is worth more than an item of another group. */
const ownGroup = (task: number, item: number) => (groupOf(task) === groupOf(item) ? 1 : 0);
/** Only the support pairs show the group of a user. */
const hidden = { ...disjointTastes(false), options, value: ownGroup, supportPairs: 4 };
const dcn = { embeddingWidth: 4, deepWidths: [16], objective: 'bce' };

const maml = { embeddingWidth: 4, layerWidths: [16], objective: 'bce', innerLearningRate: 0.3 };
const conet = { embeddingWidth: 4, sourceWidths: [16, 8], targetWidths: [16, 8], objective: 'bce' };

const lists = { objective: 'softmax', vectorWidth: 8, closedForm: { width: 8 }, positiveFrom: 1 };
const listOptions: TrainingOptionsInput = {
  epochs: 20,
  tasksPerStep: 16,
  learningRate: 0.01,
  validationShare: 0,
  episodes: { supportPairs: 8, minimumPairs: 2, shortSupportPairs: 4 },
};

const closedForm = { ...hidden, options: { episodes: { minimumPairs: 2 } }, minimumShare: 0.99 };

/** A kind without an entry does not compile. */
export const plantedTruths: Record<RecommenderKind, readonly PlantedTruth[]> = {
  cmml: [
    {
      ...hidden,
      title: 'CMML ranks the items that a new user likes first after a few support pairs',
      config: {
        embeddingWidth: 4,
        labelWidths: [4],
        contextWidths: [16],
        hyperWidths: [16],
        backboneWidths: [16],
        objective: 'bpr',
        contextShrinkage: 0,
        ridgeWidth: 4,
      },
      minimumShare: 0.9,
    },
    {
      ...hidden,
      title: 'CMML that ranks the catalog ranks the items that a new user likes first after a few interactions',
      config: { ...lists, modulation: 'linear' },
      options: listOptions,
      ids: ['item'],
      minimumShare: 0.95,
    },
    {
      ...hidden,
      title: 'CMML that ranks the catalog ranks what a new user dislikes, and what is similar to it, last',
      config: { ...lists, modulation: 'linear' },
      options: listOptions,
      ids: ['item'],
      disliked: true,
      supportPairs: 2,
      value: (task, item) => -ownGroup(task, item),
      minimumShare: 0.95,
    },
    {
      ...hidden,
      title: 'CMML that orders its list again ranks the items that a new user likes first after a few interactions',
      config: { ...lists, modulation: 'film', hyperWidths: [8], backboneWidths: [8] },
      options: listOptions,
      ids: ['item'],
      minimumShare: 0.95,
    },
  ],
  dcn: [
    {
      ...hidden,
      title: 'DCN-F ranks the items that a new user likes first after fine-tuning on a few support pairs',
      config: { ...dcn, fineTuning: { steps: 30, learningRate: 0.05 } },
      // The negatives come from one of the three other groups, so fine-tuning learns less about the other two.
      minimumShare: 0.85,
    },
    {
      ...disjointTastes(true),
      options,
      value: ownGroup,
      title: 'DCN ranks items by the features of a new user, without support pairs',
      config: dcn,
      supportPairs: 0,
      minimumShare: 0.95,
    },
  ],
  maml: [
    {
      ...hidden,
      title: 'MeLU ranks the items that a new user likes first after gradient steps on a few support pairs',
      config: maml,
      minimumShare: 0.85,
    },
    {
      ...hidden,
      title: 'MetaCS-DNN ranks the items that a new user likes first after gradient steps on a few support pairs',
      config: { ...maml, adapted: 'all' },
      minimumShare: 0.85,
    },
  ],
  tanp: [
    {
      ...hidden,
      title: 'TaNP ranks the items that a new user likes first after a few support pairs',
      config: {
        embeddingWidth: 4,
        encoderWidths: [16, 8],
        latentWidth: 8,
        identityWidths: [16, 8],
        clusters: 4,
        decoderWidths: [16],
        objective: 'bpr',
        klWeight: 0.1,
      },
      minimumShare: 0.9,
    },
  ],
  conet: [
    {
      ...hidden,
      title: 'CoNet ranks the items that a new user likes first after fine-tuning on a few support pairs',
      config: { ...conet, fineTuning: { steps: 30, learningRate: 0.05 } },
      // As for DCN-F.
      minimumShare: 0.85,
    },
    {
      ...disjointTastes(true),
      options,
      value: ownGroup,
      title: 'CoNet ranks items by the features of a new user, without support pairs',
      config: conet,
      supportPairs: 0,
      minimumShare: 0.95,
    },
  ],
  s2meta: [
    {
      ...hidden,
      title: 's²Meta ranks the items that a new user likes first after learned steps on a few support pairs',
      config: {
        embeddingWidth: 4,
        layerWidths: [16],
        objective: 'bce',
        stepStart: 0.2,
        updateWidth: 4,
        stopWidth: 4,
        innerSteps: 6,
      },
      minimumShare: 0.85,
    },
  ],
  ease: [
    { ...closedForm, title: 'EASE ranks the items that a new user likes first after a few positives', config: {} },
  ],
  itemKnn: [
    { ...closedForm, title: 'Item-kNN ranks the items that a new user likes first after a few positives', config: {} },
  ],
  ials: [
    {
      ...closedForm,
      title: 'iALS ranks the items that a new user likes first after folding in a few positives',
      config: { factorWidth: 8 },
    },
  ],
  itemPopularity: [
    {
      ...countedItems(),
      title: 'ItemPop ranks items by their number of interactions',
      config: {},
      options: { episodes: { minimumPairs: 2 } },
      supportPairs: 0,
      value: (_task, item) => interactionsWith(item),
      minimumShare: 1,
    },
  ],
};

/** Groups of users who only interact with the items of their own group. `tells`: a user's country is the group. */
function disjointTastes(tells: boolean): Pick<PlantedTruth, 'training' | 'unseen'> {
  const training = plantedData({ taskKind: 'USER', tasks: 96, seed: 1, tells });
  const { schema } = training;
  return { training, unseen: plantedData({ taskKind: 'USER', tasks: 16, seed: 99, tells, schema }) };
}

/** A different number for each item, and not in the order of the items. */
function interactionsWith(item: number): number {
  return 1 + ((item * 7) % items.length);
}

/** User u interacts with every item that has more than u interactions. */
function countedItems(): Pick<PlantedTruth, 'training' | 'unseen'> {
  const people = items.map((_, user) => ({ [idField]: `user ${user}` }));
  const fields = (['user', 'item'] as const).map(
    (entity): FeatureField => ({ entity, name: idField, kind: 'categorical' }),
  );
  const schema = fitFeatureSchema(fields, people, items);
  const tasks = people.map((_, user) => {
    const rows = Int32Array.from(items.keys()).filter((item) => interactionsWith(item) > user);
    return { users: Int32Array.of(user), items: rows, labels: new Float32Array(rows.length).fill(1) };
  });
  const training: TrainingData = {
    taskKind: 'USER',
    schema,
    users: encodeFeatures(schema, 'user', people),
    items: encodeFeatures(schema, 'item', items),
    tasks,
  };
  const users = encodeFeatures(schema, 'user', [{ [idField]: 'new user' }]);
  const none = { users: Int32Array.of(0), items: new Int32Array(), labels: new Float32Array() };
  return { training, unseen: { ...training, users, tasks: [none] } };
}
