import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { quote } from '../common/errors.ts';
import { readTime, timeForms } from '../interactions/occurred-at.ts';

/** A time. As input it has the forms that the time of an interaction has. Responses have milliseconds and are in UTC. */
export const dateTime = new GraphQLScalarType<Date>({
  ...GraphQLDateTime.toConfig(),
  parseValue: parse,
  parseLiteral(node) {
    if (node.kind === Kind.INT || node.kind === Kind.FLOAT) return parse(Number(node.value));
    return parse(node.kind === Kind.STRING ? node.value : node.kind);
  },
});

function parse(given: unknown): Date {
  const time = readTime(given);
  if (time) return time;
  throw new GraphQLError(`expected ${timeForms}, got ${quote(given)}`);
}
