import type { ModulationKind } from './cmml-config.ts';
import { film } from './film.ts';
import type { Modulation } from './modulation.ts';

export const modulations: Record<ModulationKind, Modulation> = { film };
