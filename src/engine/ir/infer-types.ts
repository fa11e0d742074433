import { evaluateShape, type Sizes } from './dimension.ts';
import type { ConcreteType, Value } from './graph.ts';
import type { Attributes, OperatorName } from './operator-attributes.ts';
import { typeRules } from './type-rules.ts';

/**
 * The types of a node's outputs, given sizes for the symbolic dimensions.
 * Throws a TypeError that names the operator and its inputs when they do not fit.
 */
export function inferTypes<Operator extends OperatorName>(
  operator: Operator,
  inputs: readonly Value[],
  attributes: Attributes[Operator],
  sizes: Sizes = {},
): readonly ConcreteType[] {
  const types = inputs.map(({ dtype, shape }) => ({ dtype, shape: evaluateShape(shape, sizes) }));
  try {
    return typeRules[operator](types, attributes, sizes);
  } catch (cause) {
    const listed = types.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(', ');
    throw new TypeError(`${operator}(${listed}) ${JSON.stringify(attributes)}: ${(cause as Error).message}`, {
      cause,
    });
  }
}
