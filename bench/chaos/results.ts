import type { Overload } from '../serving/overload.ts';
import type { DamagedVersion } from './damaged.ts';
import type { DiskFull } from './disk-full.ts';
import type { Drain } from './drain.ts';
import type { Fuzz } from './fuzz.ts';
import type { Kills } from './kills.ts';
import type { Soak } from './soak.ts';

/** What the attacks found. docs/reliability.md describes every key. */
export interface Results extends Kills {
  readonly overload: Overload;
  readonly drain: Drain;
  readonly damaged: readonly DamagedVersion[];
  readonly diskFull: DiskFull | { readonly skipped: string };
  readonly fuzz: Fuzz;
  readonly soak: Soak;
}
