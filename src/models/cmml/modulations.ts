import { film } from './film.ts';
import { linear } from './linear.ts';
import type { Modulation } from './modulation.ts';
import type { ModulationKind } from './network-fields.ts';
import { sigmoidGates } from './sigmoid-gates.ts';
import { softModules } from './soft-modules.ts';

/** The modulations of CMML, by kind. */
export const modulations: Record<ModulationKind, Modulation> = {
  linear,
  sigmoid: sigmoidGates,
  film,
  softModules,
};
