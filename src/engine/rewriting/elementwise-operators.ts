import type { OperatorName } from '../ir/operator-attributes.ts';

/** Operators that compute each element of the result from the elements of the broadcast inputs at the same place. */
const elementwise: ReadonlySet<OperatorName> = new Set([
  'Abs',
  'Add',
  'And',
  'Cast',
  'Ceil',
  'Cos',
  'Div',
  'Elu',
  'Equal',
  'Erf',
  'Exp',
  'Floor',
  'Greater',
  'GreaterOrEqual',
  'LeakyRelu',
  'Less',
  'LessOrEqual',
  'Log',
  'Max',
  'Min',
  'Mul',
  'Neg',
  'Not',
  'Or',
  'Pow',
  'Reciprocal',
  'Relu',
  'Round',
  'Sigmoid',
  'Sign',
  'Sin',
  'Softplus',
  'Sqrt',
  'Sub',
  'Sum',
  'Tanh',
  'Where',
] as const satisfies readonly OperatorName[]);

export function isElementwise(operator: OperatorName): boolean {
  return elementwise.has(operator);
}
