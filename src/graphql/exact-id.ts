import { GraphQLError, GraphQLID } from 'graphql';

const parse = GraphQLID.parseValue;

/**
 * Parses an `ID` of a variable: a string, or a whole number that JSON can represent exactly. JSON rounds larger numbers
 * before anybody can see them, so that several IDs become the same one. IDs in a document are read as they are written.
 */
export function exactId(value: unknown): string {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return parse(value);
  throw new GraphQLError(
    `expected a string as an ID, got the number ${value}; send IDs as strings, since whole numbers above ${Number.MAX_SAFE_INTEGER} are rounded`,
  );
}
