import fc from 'fast-check';
import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedOutputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';

/** Draws a value from an arbitrary, like `fc.gen()`. */
export type Draw = fc.GeneratorValue;

export interface Operation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** IDs and cursors from earlier responses, so that operations also request existing objects. */
export type KnownValues = readonly string[];

/** The number of values to keep from earlier responses. */
const maxKnown = 300;

/** Adds the IDs and cursors of a response to `known`. */
export function rememberValues(known: Set<string>, response: unknown): void {
  if (known.size > maxKnown) return;
  if (typeof response === 'object' && response !== null)
    for (const value of Object.values(response)) rememberValues(known, value);
  else if (typeof response === 'string' && response.length > 8 && /^[\w-]+$/.test(response)) known.add(response);
}

const deepest = 5;
/** Each of these fields starts a thread, so only one in ten of them is kept. */
const slowFields: ReadonlySet<string> = new Set(['contextMap']);
const maxFields = 3;

/**
 * Generates a valid document with arbitrary arguments. Most arguments have the right type, but their values may be
 * absurd; some have a wrong type. `known` contains IDs and cursors to use as well.
 */
export function anyOperation(schema: GraphQLSchema, draw: Draw, known: KnownValues): Operation {
  const writer = new OperationWriter(schema, draw, known);
  const mutation = draw(fc.integer, { min: 0, max: 3 }) === 0;
  const root = mutation ? schema.getMutationType() : schema.getQueryType();
  const body = writer.selection(root as GraphQLNamedOutputType, 0);
  const declared = writer.declarations.length > 0 ? `(${writer.declarations.join(', ')})` : '';
  return { query: `${mutation ? 'mutation' : 'query'} Any${declared} ${body}`, variables: writer.variables };
}

class OperationWriter {
  readonly declarations: string[] = [];
  readonly variables: Record<string, unknown> = {};
  readonly #schema: GraphQLSchema;
  readonly #draw: Draw;
  readonly #known: KnownValues;

  constructor(schema: GraphQLSchema, draw: Draw, known: KnownValues) {
    this.#schema = schema;
    this.#draw = draw;
    this.#known = known;
  }

  selection(type: GraphQLNamedOutputType, depth: number): string {
    if (isAbstractType(type)) {
      const possible = this.#schema.getPossibleTypes(type);
      const parts = possible
        .filter(() => this.#chance(2))
        .map((each) => `... on ${each.name} ${this.selection(each, depth)}`);
      return `{ __typename ${parts.join(' ')} }`;
    }
    if (!isObjectType(type)) return '';
    const fields = Object.values(type.getFields()).filter(
      (field) => depth < deepest || !isCompositeType(getNamedType(field.type)),
    );
    const count = this.#draw(fc.integer, { min: 1, max: maxFields });
    const chosen = fields.length === 0 ? [] : Array.from({ length: count }, () => this.#oneOf(fields));
    const selected = chosen.filter(({ name }) => !slowFields.has(name) || this.#chance(10));
    return `{ __typename ${selected.map((field, index) => this.#field(field, `${type.name}${index}`, depth)).join(' ')} }`;
  }

  #field(field: GraphQLField<unknown, unknown>, alias: string, depth: number): string {
    const given = field.args.map(({ name, type }) => [name, this.#variable(type)] as const);
    const args = given
      .filter(([, variable]) => variable !== undefined)
      .map(([name, variable]) => `${name}: ${variable}`);
    const named = getNamedType(field.type as GraphQLOutputType);
    const body = isCompositeType(named) ? this.selection(named, depth + 1) : '';
    return `${alias}: ${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''} ${body}`;
  }

  /** `undefined` if the argument is omitted. */
  #variable(type: GraphQLInputType): string | undefined {
    if (!isNonNullType(type) && this.#chance(2)) return undefined;
    const name = `v${this.declarations.length}`;
    this.declarations.push(`$${name}: ${type}`);
    this.variables[name] = this.#value(type, 0);
    return `$${name}`;
  }

  #value(type: GraphQLInputType, depth: number): unknown {
    if (this.#chance(100)) return this.#draw(fc.jsonValue);
    if (isNonNullType(type)) return this.#chance(100) ? null : this.#nonNull(type.ofType, depth);
    return this.#chance(8) ? null : this.#nonNull(type, depth);
  }

  #nonNull(type: GraphQLInputType, depth: number): unknown {
    if (isListType(type)) {
      const length = this.#chance(40) ? 600 : this.#draw(fc.integer, { min: 0, max: 3 });
      if (length > 3) return Array<unknown>(length).fill(this.#value(type.ofType, depth));
      return Array.from({ length }, () => this.#value(type.ofType, depth));
    }
    if (isEnumType(type)) return this.#chance(20) ? 'NOTHING' : this.#oneOf(type.getValues()).name;
    if (isInputObjectType(type)) return this.#inputObject(type, depth);
    return this.#scalar(type.name);
  }

  #inputObject(
    type: Extract<ReturnType<typeof getNamedType>, { getFields: unknown; isOneOf: boolean }>,
    depth: number,
  ): object {
    const fields = Object.values(type.getFields());
    const chosen =
      type.isOneOf && !this.#chance(10)
        ? [this.#oneOf(fields)]
        : fields.filter((field) => isNonNullType(field.type) || this.#chance(2));
    return Object.fromEntries(chosen.map((field) => [field.name, this.#value(field.type, depth + 1)]));
  }

  #scalar(name: string): unknown {
    const arbitrary = scalars[name];
    if (name === 'ID' || name === 'String') {
      if (this.#known.length > 0 && !this.#chance(4)) return this.#oneOf(this.#known);
    }
    return arbitrary ? this.#draw(() => arbitrary) : null;
  }

  #chance(oneIn: number): boolean {
    return this.#draw(fc.integer, { min: 1, max: oneIn }) === 1;
  }

  #oneOf<T>(values: readonly T[]): T {
    return values[this.#draw(fc.integer, { min: 0, max: values.length - 1 })] as T;
  }
}

const strange = [
  '',
  '\0',
  'a\0b',
  '\ud800',
  'a\udc00',
  '\u202e',
  '💥',
  "'; DROP TABLE users; --",
  '%',
  '1e999',
  '-0',
  'null',
  '__proto__',
  'constructor',
  'x'.repeat(257),
  'VXNlcjo=',
  Buffer.from('ModelVersion:99999999999999999999').toString('base64url'),
  Buffer.from('Interaction:1:99999999999999999999').toString('base64url'),
  Buffer.from('User:\0').toString('base64url'),
  Buffer.from('users:1:2147483648').toString('base64url'),
];

const text = fc.oneof(
  fc.constantFrom(...strange),
  // A string of the unit `binary` would take a second to prepare.
  fc.array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 40 }).map((points) => String.fromCodePoint(...points)),
  fc.string({ maxLength: 10 }),
);
const times = [
  '2026-01-01T00:00:00Z',
  '0000-00-00T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  '+275760-09-13T00:00:00Z',
  'yesterday',
];
const integers = [0, 1, 2, 3, 10, 100, 101, -1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 1.5, 1e300];

const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  ID: fc.oneof(text, fc.integer(), fc.maxSafeInteger()),
  String: text,
  // A missing required argument would make the server refuse the whole operation, so nothing would be tested.
  Int: fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom(...integers) },
    { weight: 19, arbitrary: fc.integer({ min: 1, max: 20 }) },
  ),
  Float: fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer({ min: 1, max: 5 }),
    fc.constantFrom(...integers),
  ),
  Boolean: fc.boolean(),
  DateTime: fc.constantFrom(...times),
  JSONObject: fc.oneof(
    fc.constantFrom(
      {},
      { region: 'north' },
      { length: 3 },
      { genres: ['odd'] },
      { id: 'x' },
      { epochs: 1 },
      { seed: 1e99 },
    ),
    fc.dictionary(text, fc.jsonValue()),
  ),
};
