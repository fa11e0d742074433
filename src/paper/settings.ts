import type { Protocol } from '../model-benchmark/benchmark-models.ts';
import type { BenchmarkRequest } from '../model-benchmark/benchmark-request.ts';

/** The datasets of the paper's tables. */
export type DatasetKind = 'movielens' | 'taobao' | 'hybrid';

export interface PaperDataset {
  readonly title: string;
  /** Which folders the tables of this dataset need. */
  readonly needed: string;
  readonly settings: readonly SettingName[];
  /** The words of the page for its folder and interactions. Absent for the hybrid, which has no folder of its own. */
  readonly words?: { readonly folder: string; readonly interactions: string };
  /** What the page says about the models of this dataset. */
  readonly remark?: string;
}

/** A dataset whose folders no option of the command gives is listed as missing on the page. */
export const datasets: Readonly<Record<DatasetKind, PaperDataset>> = {
  movielens: {
    title: 'MovieLens',
    needed: 'a MovieLens folder, given by --data',
    settings: ['W-W', 'C-W', 'scenarios'],
    words: { folder: 'MOVIELENS_DIR', interactions: 'ratings' },
  },
  taobao: {
    title: 'Taobao',
    needed: 'a folder of the Cloud Theme Click Dataset of Taobao (Tianchi, dataset 9716), given by --data',
    settings: ['scenarios'],
    words: { folder: 'TAOBAO_DIR', interactions: 'clicks and purchases' },
    remark:
      'Each user and each item has 128 factors. They are made by collaborative filtering, from the clicks and purchases ' +
      'that may train. In the paper, a pair has 256 numbers too, but they were made in advance. The vectors of the ' +
      'dataset only help to estimate the factors of users and items without interactions.',
  },
  hybrid: {
    title: 'MovieLens-Taobao',
    needed: 'both a MovieLens folder and a folder of the Cloud Theme Click Dataset, each given by its own --data',
    settings: ['scenarios'],
    remark:
      'One model is trained on the scenarios of both datasets. It has 128 factors for each user and each item, made for ' +
      'both datasets together. The numbers are means over the users of all test scenarios.',
  },
};

export interface Setting {
  /** What trains and what tests, as the beginning of a sentence. */
  readonly description: string;
  readonly protocol: Protocol;
  readonly request: Pick<BenchmarkRequest, 'taskKind' | 'trainingShare'>;
}

export type SettingName = 'W-W' | 'C-W' | 'scenarios';

/**
 * How the paper splits its data. C-W trains on 1,208 of the 4,832 users that train in W-W, a quarter, and both test on
 * the same fifth of the users.
 */
export const settings: Readonly<Record<SettingName, Setting>> = {
  'W-W': {
    description: 'Four fifths of the users train, and the others test',
    protocol: 'USER',
    request: { taskKind: 'USER' },
  },
  'C-W': {
    description: 'A quarter of the training users of W-W train, and the same users test',
    protocol: 'USER',
    request: { taskKind: 'USER', trainingShare: 0.25 },
  },
  scenarios: {
    description: 'Four fifths of the scenarios train, and the others test',
    protocol: 'SCENARIO',
    request: { taskKind: 'SCENARIO' },
  },
};

/** Names the part of a table: the setting tells parts about users apart, and the dataset parts about scenarios. */
export function partTitle({
  dataset,
  setting,
}: {
  readonly dataset: DatasetKind;
  readonly setting: SettingName;
}): string {
  return settings[setting].protocol === 'USER' ? setting : datasets[dataset].title;
}
