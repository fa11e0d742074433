import type { Protocol } from '../model-benchmark/benchmark-models.ts';
import type { BenchmarkRequest } from '../model-benchmark/benchmark-request.ts';

/** The datasets of the paper's tables. */
export const datasetKinds = ['movielens', 'taobao', 'hybrid'] as const;
export type DatasetKind = (typeof datasetKinds)[number];

export interface PaperDataset {
  readonly title: string;
  /** What a folder must contain for the tables of this dataset. */
  readonly needed: string;
}

/** A dataset needs a folder. A dataset that no option of the command gives is listed as missing on the page. */
export const datasets: Readonly<Record<DatasetKind, PaperDataset>> = {
  movielens: { title: 'MovieLens', needed: 'a MovieLens folder, given by --data' },
  taobao: {
    title: 'Taobao',
    needed: 'the theme click log of Taobao (Tianchi, dataset 9716), which the command cannot read yet',
  },
  hybrid: {
    title: 'MovieLens and Taobao together',
    needed: 'MovieLens-20M and the theme click log of Taobao, which the command cannot read yet',
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

export const settingNames = Object.keys(settings) as readonly SettingName[];
