import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { quote } from '../common/errors.ts';

/**
 * The name of a declared type of interactions. In a document it can stand like an enum value, `RATE`, or like a string,
 * `"RATE"`. Whether it is declared is checked where it is used.
 */
export const interactionType = new GraphQLScalarType<string, string>({
  name: 'InteractionType',
  serialize: String,
  parseValue(value) {
    if (typeof value === 'string') return value;
    throw new GraphQLError(`expected the name of a type of interactions, such as "VIEW", got ${quote(value)}`);
  },
  parseLiteral(node) {
    if (node.kind === Kind.ENUM || node.kind === Kind.STRING) return node.value;
    throw new GraphQLError('expected the name of a type of interactions, such as VIEW or "VIEW"');
  },
});
