import type { ModulationKind } from './cmml-config.ts';
import { film } from './film.ts';
import { linear } from './linear.ts';
import type { Modulation } from './modulation.ts';
import { sigmoidGates } from './sigmoid-gates.ts';
import { softModules } from './soft-modules.ts';

export const modulations: Record<ModulationKind, Modulation> = {
  linear,
  sigmoid: sigmoidGates,
  film,
  softModules,
};
