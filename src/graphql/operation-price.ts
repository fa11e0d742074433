import {
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isIntrospectionType,
  isLeafType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionNode,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql';
import { WarmstartError } from '../common/errors.ts';
import { type CostSettings, type FieldCost, fieldCosts, first } from './field-costs.ts';
import { checkInputSizes } from './input-limits.ts';

/** What the price of an operation depends on besides its document. */
export interface PriceInputs {
  /** The values of all variables, with defaults filled in, as `getVariableValues` returns them. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly settings: CostSettings;
}

/**
 * Returns the maximum that an operation can cost, in the points of `fieldCosts`. Throws BAD_USER_INPUT for an argument
 * that is outside its limits, a `GraphQLError` for one that does not fit, and OPERATION_TOO_LARGE if fragments select
 * more fields than can be counted.
 */
export type Price = (inputs: PriceInputs) => number;

/**
 * Returns the function that prices an operation of a valid document. What the schema and the document tell is looked up
 * once, so that a document that comes again costs little more than reading its arguments.
 */
export function operationPrice(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Price {
  const root = schema.getRootType(operation.operation);
  if (!root) throw new Error(`expected a schema with ${operation.operation} operations`);
  const cost = new Selections(schema, document).cost(operation.selectionSet, root);
  return (inputs) => cost({ ...inputs, selections: 0 });
}

/** Nested fragments can select any number of fields with few tokens. Counting this many takes a few milliseconds. */
const maxSelections = 4000;

/** One pricing of an operation. */
interface Pricing extends PriceInputs {
  /** The number of fields and fragments counted so far. */
  selections: number;
}

type Cost = (pricing: Pricing) => number;

/** The cost of most scalars. */
const nothing: Cost = () => 0;

/** A field or a fragment. */
interface Selection {
  /** The names of the object types that it is selected of. */
  readonly types: readonly string[];
  readonly isSkipped: ((pricing: Pricing) => boolean) | undefined;
  readonly cost: Cost;
}

/** Prepares the costs of the selections of one document. */
class Selections {
  readonly #schema: GraphQLSchema;
  readonly #document: DocumentNode;
  /** By name. A fragment may be spread any number of times, so it is prepared once. */
  readonly #fragments = new Map<string, Selection>();

  constructor(schema: GraphQLSchema, document: DocumentNode) {
    this.#schema = schema;
    this.#document = document;
  }

  /** Returns what the selections below a field cost together: for an interface, those of its most expensive type. */
  cost({ selections }: SelectionSetNode, type: GraphQLCompositeType): Cost {
    const all = selections.map((node) => this.#selection(node, type));
    const priced = all.filter(({ isSkipped, cost }) => isSkipped || cost !== nothing);
    const places = placesByType(priced);
    return (pricing) => {
      pricing.selections += selections.length;
      if (pricing.selections > maxSelections) throw tooManySelections();
      const costs = priced.map(({ isSkipped, cost }) => (isSkipped?.(pricing) ? 0 : cost(pricing)));
      let highest = 0;
      for (const ofType of places) {
        let sum = 0;
        for (const place of ofType) sum += costs[place] as number;
        highest = Math.max(highest, sum);
      }
      return highest;
    };
  }

  #selection(node: SelectionNode, parent: GraphQLCompositeType): Selection {
    const isSkipped = node.directives?.length ? skipsOf(node) : undefined;
    switch (node.kind) {
      case Kind.FIELD:
        return { types: this.#objectTypes(parent), isSkipped, cost: this.#field(node, parent) };
      case Kind.FRAGMENT_SPREAD:
        return { ...this.#fragment(node.name.value), isSkipped };
      case Kind.INLINE_FRAGMENT:
        return { ...this.#inType(node.selectionSet, node.typeCondition?.name.value ?? parent.name), isSkipped };
    }
  }

  #field(node: FieldNode, parent: GraphQLCompositeType): Cost {
    const field = fieldOf(parent, node.name.value);
    const type = getNamedType(field.type);
    const below = node.selectionSet && isCompositeType(type) ? this.cost(node.selectionSet, type) : nothing;
    // Costs nothing, but its selections count.
    if (isIntrospectionType(type) || isIntrospectionType(parent)) return (pricing) => Math.min(0, below(pricing));
    const name = `${parent.name}.${field.name}`;
    const { base, times, each = 0 } = fieldCosts[name] ?? usualCost(field);
    if (base === 0 && below === nothing && field.args.length === 0) return nothing;
    return (pricing) => {
      const args = field.args.length > 0 ? getArgumentValues(field, node, pricing.variables) : {};
      const selected = below(pricing);
      checkInputSizes({ type: name, args: field.args }, args);
      const own = typeof base === 'function' ? base(args, pricing.settings) : base;
      return own + (times?.(args) ?? 1) * (each + selected);
    };
  }

  #fragment(name: string): Selection {
    const known = this.#fragments.get(name);
    if (known) return known;
    const { definitions } = this.#document;
    const node = definitions.find((node) => node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === name);
    if (node?.kind !== Kind.FRAGMENT_DEFINITION) throw new Error(`expected a document with the fragment ${name}`);
    const fragment = this.#inType(node.selectionSet, node.typeCondition.name.value);
    this.#fragments.set(name, fragment);
    return fragment;
  }

  #inType(selections: SelectionSetNode, typeName: string): Selection {
    const type = this.#schema.getType(typeName);
    if (!isCompositeType(type)) throw new Error(`expected a schema with the composite type ${typeName}`);
    return { types: this.#objectTypes(type), isSkipped: undefined, cost: this.cost(selections, type) };
  }

  #objectTypes(type: GraphQLCompositeType): readonly string[] {
    return isAbstractType(type) ? this.#schema.getPossibleTypes(type).map(({ name }) => name) : [type.name];
  }
}

/** Returns the indexes of the selections of each object type. */
function placesByType(selections: readonly Selection[]): readonly (readonly number[])[] {
  const places = new Map<string, number[]>();
  for (const [index, { types }] of selections.entries())
    for (const name of types) places.set(name, [...(places.get(name) ?? []), index]);
  return [...places.values()];
}

const metaFields = [SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef];

function fieldOf(parent: GraphQLCompositeType, name: string): GraphQLField<unknown, unknown> {
  const field = 'getFields' in parent ? parent.getFields()[name] : undefined;
  const known = field ?? metaFields.find((meta) => meta.name === name);
  if (!known) throw new Error(`expected a field of ${parent.name}, got ${name}`);
  return known;
}

/** Returns whether the directives `@include` and `@skip` of a node leave it out. */
function skipsOf(node: SelectionNode): (pricing: Pricing) => boolean {
  return ({ variables }) =>
    getDirectiveValues(GraphQLSkipDirective, node, variables)?.if === true ||
    getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if === false;
}

function usualCost(field: GraphQLField<unknown, unknown>): FieldCost {
  const type = getNamedType(field.type);
  // The end of a page is known as soon as the page is.
  const base = isLeafType(type) || type.name === 'PageInfo' ? 0 : 1;
  return field.args.some(({ name }) => name === 'first') ? { base, times: first } : { base };
}

function tooManySelections(): WarmstartError {
  const message = `fragments: expected at most ${maxSelections} fields after all fragments are expanded, got more; select fewer fields`;
  return new WarmstartError('OPERATION_TOO_LARGE', message);
}
