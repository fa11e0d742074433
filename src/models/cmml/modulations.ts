import type { ModulationKind } from './cmml-config.ts';
import { film } from './film.ts';
import type { Modulation } from './modulation.ts';
import { softModules } from './soft-modules.ts';

export const modulations: Record<ModulationKind, Modulation> = { film, softModules };
