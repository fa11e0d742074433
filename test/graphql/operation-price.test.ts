import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  buildSchema,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  getVariableValues,
  isIntrospectionType,
  isLeafType,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { type ComplexityEstimator, getComplexity } from 'graphql-query-complexity';
import { readConfig } from '../../src/config.ts';
import { fieldCosts } from '../../src/graphql/field-costs.ts';
import { checkInputSizes } from '../../src/graphql/input-limits.ts';
import { operationPrice } from '../../src/graphql/operation-price.ts';
import { anyOperation } from '../support/any-operation.ts';

type Values = Readonly<Record<string, unknown>>;

const settings = { items: 250_000 };
/** A list of so few items costs no more than its base. */
const smallCatalog = { ...settings, items: 10_000 };

describe('operationPrice', () => {
  let schema: GraphQLSchema;

  beforeAll(async () => {
    schema = buildSchema(await readFile('schema.graphql', 'utf8'));
  });

  /** Returns a function that prices one document with any variables. */
  function pricing(query: string, catalog = settings): (variables?: Values) => number {
    const document = parse(query);
    expect(validate(schema, document, specifiedRules)).toEqual([]);
    const operation = getOperationAST(document) as OperationDefinitionNode;
    const price = operationPrice(schema, document, operation);
    return (given = {}) => {
      const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], given);
      if (errors) throw errors[0];
      return price({ variables: coerced, settings: catalog });
    };
  }

  const library = (query: string, variables: Values = {}) =>
    getComplexity({ schema, query: parse(query), variables: { ...variables }, estimators: [estimator] });

  test('counts the selection of a list as often as it has elements', () => {
    const price = pricing(
      `query ($user: ID!, $first: Int! = 20) {
        recommendations(for: { user: $user }, first: $first) { edges { node { title interactionCount } score } }
      }`,
      smallCatalog,
    );
    // A list costs 10. An edge, its item and the item's number of interactions cost 1 each.
    expect(price({ user: 'u', first: 10 })).toBe(10 + 10 * 3);
    expect(price({ user: 'u' })).toBe(10 + 20 * 3);
    expect(price({ user: 'another', first: 1 })).toBe(10 + 3);
  });

  // The times are those of a list alone in docs/speed.md.
  test.each([
    [14_000, 2],
    [100_000, 8.1],
    [1_000_000, 51],
  ])('with %i items, a key can use half of a core for lists', (items, milliseconds) => {
    const list = '{ recommendations(for: { user: "u" }) { edges { node { title } } } }';
    const listsPerSecond = readConfig({}).limits.costPerMinute / 60 / pricing(list, { ...settings, items })();
    const share = (listsPerSecond * milliseconds) / 1000;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.7);
  });

  test.each([
    ['a list in a scenario', 'recommendations(for: { user: "u" }, scenario: "s") { degraded }'],
    ['a shelf', 'shelves(for: { user: "u" }, scenarios: ["s"]) { scenario { id } }'],
    ['a list of popular items', 'popularItems { degraded }'],
  ])('%s costs more in a large catalog, but not nearly as much as a search of it', (_what, field) => {
    const costIn = (items: number, query: string) => pricing(`{ ${query} }`, { ...settings, items })();
    const grows = (query: string) => costIn(1_000_000, query) - costIn(10_000, query);
    expect(grows(field)).toBeGreaterThan(0);
    expect(grows(field)).toBeLessThan(grows('recommendations(for: { user: "u" }) { degraded }') / 10);
  });

  test.each([
    ['a missing item', 'whyNot(for: { user: "u" }, item: "i") { rank }'],
    ['a recommendation', 'explainRecommendation(for: { user: "u" }, item: "i") { score }'],
  ])('the explanation of %s makes a list, and costs as much more in a large catalog as a list', (_what, field) => {
    const costIn = (items: number, query: string) => pricing(`{ ${query} }`, { ...settings, items })();
    const grows = (query: string) => costIn(1_000_000, query) - costIn(10_000, query);
    expect(grows(field)).toBe(grows('recommendations(for: { user: "u" }) { degraded }'));
  });

  test('counts an object of several possible types as the most expensive one', () => {
    const price = pricing(
      `query ($ids: [ID!]!) {
        nodes(ids: $ids) { id ... on Item { interactionCount scenarios { id } } ... on Scenario { itemCount } }
      }`,
    );
    // An item is more expensive than a scenario: it costs 1 for its interactions, and 1 for its scenarios.
    expect(price({ ids: ['a', 'b', 'c'] })).toBe(1 + 3 * 2);
    expect(price({ ids: ['a'] })).toBe(1 + 2);
  });

  test('leaves out what variables skip', () => {
    const price = pricing(
      `query ($list: Boolean!, $no: Boolean! = false) {
        popularItems @include(if: $list) { degraded } ...rest @skip(if: $no)
      } fragment rest on Query { item(externalId: "i") { title } }`,
    );
    // The catalog has 240,000 items more than the first 10,000.
    expect(price({ list: true })).toBe(5 + 240_000 / 20_000 + 1);
    expect(price({ list: false })).toBe(1);
    expect(price({ list: false, no: true })).toBe(0);
  });

  test('accepts 4000 fields and fragments, and refuses one more', () => {
    const spreads = (count: number) => '...many '.repeat(count);
    // A spread and what it spreads are 40.
    const many = `fragment many on Query { ${'__typename '.repeat(39)} }`;
    expect(pricing(`{ ${spreads(100)} } ${many}`)()).toBe(0);
    expect(pricing(`{ ${spreads(100)} __typename } ${many}`)).toThrow('fragments: expected at most 4000 fields');
  });

  test('prepares a document in no time whose fragments expand to a million fields', () => {
    const levels = Array.from({ length: 20 }, (_, n) => `fragment f${n} on Query { ...f${n + 1} ...f${n + 1} }`);
    const query = `{ ...f0 } ${levels.join(' ')} fragment f20 on Query { __typename }`;
    expect(pricing(query)).toThrow(expect.objectContaining({ code: 'OPERATION_TOO_LARGE' }));
  });

  test.each([
    ['an introspection', '{ __schema { types { name fields { name type { ofType { name } } } } } __typename }'],
    ['a type of an introspection', '{ __type(name: "Item") { fields { name } } }'],
    [
      'nested lists',
      '{ users(first: 7) { edges { node { interactions(first: 9) { edges { node { item { id } } } } } } } }',
    ],
    [
      'fragments of an interface',
      '{ node(id: "x") { ...a ...b } } fragment a on Node { id } fragment b on User { interactions { edges { cursor } } }',
    ],
    [
      'a fragment in a fragment, spread twice',
      '{ items { edges { ...e } } x: items(first: 3) { edges { ...e } } } fragment e on ItemEdge { node { ...i } } fragment i on Item { interactionCount scenarios { id } }',
    ],
    [
      'a fragment without a type',
      '{ item(externalId: "i") { ... { scenarios { itemCount } } ... @skip(if: true) { interactionCount } } }',
    ],
    ['the same field twice', '{ item(externalId: "i") { interactionCount interactionCount } }'],
    [
      'a mutation',
      'mutation { upsertItems(input: { items: [{ externalId: "a", title: "A" }, { externalId: "b", title: "B" }] }) { items { scenarios { id } } userErrors { message } } }',
    ],
  ])('agrees with graphql-query-complexity: %s', (_what, query) => {
    expect(pricing(query)()).toBe(library(query));
  });

  test('agrees with graphql-query-complexity on any operation', () => {
    let priced = 0;
    fc.assert(
      fc.property(fc.gen(), (draw) => {
        const { query, variables } = anyOperation(schema, draw, ['i1']);
        const [own, other] = [outcome(() => pricing(query)(variables)), outcome(() => library(query, variables))];
        expect({ query, variables, own }).toEqual({ query, variables, own: other });
        if (typeof own === 'number') priced++;
      }),
      { numRuns: 1000 },
    );
    // If all operations were refused, the test would prove little.
    expect(priced).toBeGreaterThan(300);
  });
});

function outcome(price: () => number): number | 'refused' {
  try {
    return price();
  } catch {
    return 'refused';
  }
}

/** The rule for one field, as the library wants it. */
const estimator: ComplexityEstimator = ({ type, field, args, childComplexity }) => {
  const of = getNamedType(field.type);
  if (isIntrospectionType(of) || isIntrospectionType(type)) return 0;
  const name = `${type.name}.${field.name}`;
  checkInputSizes({ type: name, args: field.args }, args);
  const cost = fieldCosts[name];
  if (!cost) return (isLeafType(of) || of.name === 'PageInfo' ? 0 : 1) + (args.first ?? 1) * childComplexity;
  const base = typeof cost.base === 'function' ? cost.base(args, settings) : cost.base;
  return base + (cost.times?.(args) ?? 1) * ((cost.each ?? 0) + childComplexity);
};
