import type { FeatureColumnInput } from '../mapping-features.ts';
import type { FileInput } from './guess-file.ts';

type Section = 'users' | 'items';

/** A feature as the entry of a file has it. */
interface FeatureOfFile {
  readonly file: string;
  readonly feature: FeatureColumnInput;
}

/** Splits no text that has no list. */
const anySeparator = '|';

/**
 * Gives each feature one kind in all files, since a mapping with several kinds is refused. Adds a note about each feature
 * that was guessed differently. If no kind fits all files, only the first file keeps the feature.
 */
export function agreeOnKinds(entries: readonly FileInput[], notes: string[]): FileInput[] {
  return sections.reduce<FileInput[]>((files, section) => agreeOn(section, files, notes), [...entries]);
}

const sections: readonly Section[] = ['users', 'items'];

function agreeOn(section: Section, entries: FileInput[], notes: string[]): FileInput[] {
  const names = new Set(entries.flatMap((entry) => Object.keys(entry[section]?.features ?? {})));
  let files = entries;
  for (const name of names) {
    const found = files.flatMap(({ file, [section]: part }): FeatureOfFile[] => {
      const feature = part?.features?.[name];
      return feature ? [{ file, feature }] : [];
    });
    if (new Set(found.map(({ feature }) => kindOf(feature))).size < 2) continue;
    const alike = alikeOf(found);
    notes.push(noteOf(section, name, found, alike));
    files = files.map((entry) => withFeature(entry, section, name, alike.get(entry.file)));
  }
  return files;
}

/** Returns the features in one kind, by their files: lists if one of them has lists, or else texts. */
function alikeOf(found: readonly FeatureOfFile[]): Map<string, FeatureColumnInput> {
  const [first] = found as [FeatureOfFile];
  if (found.some(({ feature }) => feature.kind === 'vector')) return new Map([[first.file, first.feature]]);
  const lists = found.flatMap(({ feature }) => (feature.kind === 'multiValued' ? [feature] : []));
  const separator = lists.find((list) => list.separator !== undefined)?.separator ?? anySeparator;
  const kind = lists.length > 0 ? ({ kind: 'multiValued', separator } as const) : ({ kind: 'categorical' } as const);
  return new Map(
    found.map(({ file, feature }) => [file, feature.kind === 'multiValued' ? feature : as(feature, kind)]),
  );
}

function as(
  { column, pattern, missing }: FeatureColumnInput,
  kind: { readonly kind: 'categorical' } | { readonly kind: 'multiValued'; readonly separator: string },
): FeatureColumnInput {
  return { column, ...(pattern === undefined ? {} : { pattern }), ...kind, ...(missing ? { missing } : {}) };
}

function noteOf(
  section: Section,
  name: string,
  found: readonly FeatureOfFile[],
  alike: ReadonlyMap<string, FeatureColumnInput>,
): string {
  const guesses = found.map(({ file, feature }) => `${kindOf(feature)} in ${file}`).join(' and ');
  const [first] = [...alike.values()] as [FeatureColumnInput];
  const what = alike.size < found.length ? `only the first file keeps it` : `it is read as ${first.kind} in all files`;
  return (
    `The feature "${name}" of ${section} seems to be ${guesses}. A feature has one kind, so ${what}; ` +
    'check its columns, or give one of them another name.'
  );
}

/** Vectors of different widths are of different kinds too. */
function kindOf(feature: FeatureColumnInput): string {
  return feature.kind === 'vector' ? `vector of width ${feature.width}` : feature.kind;
}

function withFeature(
  entry: FileInput,
  section: Section,
  name: string,
  feature: FeatureColumnInput | undefined,
): FileInput {
  const part = entry[section];
  if (part?.features?.[name] === undefined) return entry;
  const { [name]: _, ...others } = part.features;
  // The order of the features stays the same.
  const features = feature === undefined ? others : { ...part.features, [name]: feature };
  return { ...entry, [section]: { ...part, features } };
}
