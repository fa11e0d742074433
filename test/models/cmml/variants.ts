import { type CmmlConfigInput, contextEncoderKinds, hybridKinds } from '../../../src/models/cmml/cmml-config.ts';
import { modulationKinds } from '../../../src/models/cmml/network-fields.ts';
import { objectiveKinds } from '../../../src/models/objectives.ts';

export type Variant = Required<Pick<CmmlConfigInput, 'encoder' | 'hybrid' | 'modulation' | 'objective'>>;

/** All combinations of encoder, hybrid and modulation. */
export const combinations: readonly Omit<Variant, 'objective'>[] = contextEncoderKinds.flatMap((encoder) =>
  hybridKinds.flatMap((hybrid) => modulationKinds.map((modulation) => ({ encoder, hybrid, modulation }))),
);

/** A few variants that together use every row of every table. */
export const variants: readonly Variant[] = modulationKinds.map((modulation, index) => ({
  encoder: contextEncoderKinds[index] as Variant['encoder'],
  hybrid: hybridKinds[index % hybridKinds.length] as Variant['hybrid'],
  modulation,
  objective: objectiveKinds[index] as Variant['objective'],
}));

/** Returns a title such as `gru, dot, film, hinge`. */
export function describeVariant({ encoder, hybrid, modulation, objective }: Variant): string {
  return [encoder, hybrid, modulation, objective].join(', ');
}
