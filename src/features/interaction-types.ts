/** What interactions of a type say about the user's opinion of the item. */
export const polarities = ['POSITIVE', 'NEGATIVE', 'NEUTRAL'] as const;
export type Polarity = (typeof polarities)[number];

/** A declared type of interactions, and what its interactions mean. */
export interface InteractionType {
  readonly name: string;
  readonly polarity: Polarity;
  /** How much an interaction counts as evidence of the user's taste, relative to others. Above 0. */
  readonly weight: number;
  /**
   * The smallest value that says that the user likes the item; `null` for any value and none. A lower rating says that
   * the user does not like the item. A lower value of another type says nothing.
   */
  readonly positiveFrom: number | null;
  /** Whether lists leave out the item afterwards. */
  readonly countsAsSeen: boolean;
  /** Whether the same interaction of a user with an item counts once, however often it is repeated. */
  readonly countsOnce: boolean;
  /** The number of days after which an interaction no longer counts; `null` if it always counts. */
  readonly expiresAfterDays: number | null;
}

/**
 * A type to declare. What is left out has its default: positive, with the weight 1 and any value, seen, counted once and
 * without an expiry.
 */
export type GivenType = Pick<InteractionType, 'name'> & {
  readonly [Field in keyof Omit<InteractionType, 'name'>]?: InteractionType[Field] | null | undefined;
};

/** Which texts are names of types. */
export const typeNamePattern = /^[A-Z][A-Z0-9_]{0,39}$/;

/** Maximum number of declared types. */
export const maxInteractionTypes = 32;

/** The type whose values are ratings. Its `positiveFrom` follows the rating scale of the platform. */
export const rating = 'RATE';

const usual = {
  polarity: 'POSITIVE',
  weight: 1,
  positiveFrom: null,
  countsAsSeen: true,
  countsOnce: true,
  expiresAfterDays: null,
} as const;

/**
 * The types that every platform has. Arrays of interactions store the index of a type in the list of declared types,
 * which begins with these, so the order must stay.
 */
export const defaultInteractionTypes = [
  { ...usual, name: rating, positiveFrom: 4 },
  { ...usual, name: 'VIEW' },
  { ...usual, name: 'CLICK' },
  { ...usual, name: 'PURCHASE' },
  { ...usual, name: 'DISLIKE', polarity: 'NEGATIVE' },
  { ...usual, name: 'IMPRESSION', polarity: 'NEUTRAL', countsAsSeen: false },
  { ...usual, name: 'CART' },
  { ...usual, name: 'PLAY', positiveFrom: 0.5 },
] as const satisfies readonly InteractionType[];

export type DefaultTypeName = (typeof defaultInteractionTypes)[number]['name'];

/** Returns the number that stands for one of the default types in arrays of interactions. */
export function typeIndex(name: DefaultTypeName): number {
  return defaultInteractionTypes.findIndex((type) => type.name === name);
}

const rateIndex = typeIndex(rating);

/** Returns whether a number in arrays of interactions stands for ratings. */
export function isRatingType(type: number): boolean {
  return type === rateIndex;
}

/**
 * Returns what an interaction says about the user's opinion of the item: the weight of the type if the user likes the
 * item, minus this weight if the user dislikes it, and 0 for a rating that is not positive. Returns `undefined` if it
 * says nothing.
 */
export function opinionOf(type: InteractionType, value: number | null): number | undefined {
  if (type.polarity === 'NEUTRAL') return undefined;
  if (type.polarity === 'NEGATIVE') return -type.weight;
  if (type.positiveFrom === null || (value !== null && value >= type.positiveFrom)) return type.weight;
  return type.name === rating ? 0 : undefined;
}

/** Types by the numbers that stand for them in arrays of interactions. */
export class InteractionTypes {
  readonly all: readonly InteractionType[];
  readonly #indices: ReadonlyMap<string, number>;

  constructor(all: readonly InteractionType[] = defaultInteractionTypes) {
    this.all = all;
    this.#indices = new Map(all.map(({ name }, index) => [name, index]));
  }

  get names(): readonly string[] {
    return this.all.map(({ name }) => name);
  }

  /** Returns the number of a type, or `undefined` if it is not declared. */
  indexOf(name: string): number | undefined {
    return this.#indices.get(name);
  }

  /** See `opinionOf`. An interaction of an unknown type says nothing. */
  opinionOf(type: number, value: number | null): number | undefined {
    const declared = this.all[type];
    return declared && opinionOf(declared, value);
  }

  /** Returns the same types with ratings that are positive from `from` on. */
  withRatingsFrom(from: number): InteractionTypes {
    return new InteractionTypes(
      this.all.map((type) => (type.name === rating ? { ...type, positiveFrom: from } : type)),
    );
  }
}

const dayInMilliseconds = 24 * 60 * 60 * 1000;

/** Returns the latest time, in milliseconds since 1970, from which interactions of a type no longer count at `now`. */
export function expiredUntil({ expiresAfterDays }: InteractionType, now: number): number {
  return expiresAfterDays === null ? -Infinity : now - expiresAfterDays * dayInMilliseconds;
}
