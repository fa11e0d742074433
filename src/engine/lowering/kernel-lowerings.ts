import { elementwiseLowerings } from './elementwise.ts';
import { indexingLowerings } from './indexing.ts';
import type { Lowering } from './lowering.ts';
import { productLowerings } from './products.ts';
import { reductionLowerings } from './reductions.ts';
import { shapingLowerings } from './shaping.ts';

/** Every tfjs kernel that can be compiled, by its tfjs name. */
export const kernelLowerings = {
  ...elementwiseLowerings,
  ...indexingLowerings,
  ...productLowerings,
  ...reductionLowerings,
  ...shapingLowerings,
} as const satisfies Record<string, Lowering>;

export type LoweredKernel = keyof typeof kernelLowerings;
