import { parseIsoTime } from '../../../common/parse-iso-time.ts';
import type { MappingInput } from '../mapping.ts';
import { timeFormat } from '../time-formats.ts';
import { wordsOf } from './column-names.ts';
import type { ColumnSample } from './sample-table.ts';

export type TimeInput = NonNullable<NonNullable<MappingInput['files'][number]['interactions']>['time']>;
type ItemTimeInput = NonNullable<NonNullable<MappingInput['files'][number]['items']>['availableFrom']>;

/** The names of times from which, or until which, an item is available. */
const availabilityNames = {
  availableFrom:
    /^(?:(?:available|valid|visible) (?:from|since)|publish(?:ed)?(?: (?:at|on|from|date|time))?|publication date)$/,
  availableUntil:
    /^(?:(?:available|valid|visible) (?:until|till|to)|expires?(?: (?:at|on))?|(?:expiry|expiration)(?: (?:date|time|at))?)$/,
} as const;

type AvailabilityTimes = Partial<Record<keyof typeof availabilityNames, ItemTimeInput>>;

/** Returns the columns of the times between which items are available. Adds a note about each. */
export function guessAvailability(
  file: string,
  columns: readonly ColumnSample[],
  notes: string[],
): { readonly times: AvailabilityTimes; readonly columns: readonly ColumnSample[] } {
  const found = Object.entries(availabilityNames).flatMap(([key, pattern]) => {
    const column = columns.find(({ name }) => pattern.test(wordsOf(name).join(' ')));
    const time = column && guessTime(file, column, notes);
    if (time === undefined) return [];
    notes.push(`${file}: the times in "${column?.name}" are taken as "${key}" of items; leave "${key}" out if not.`);
    const missing = column?.markers.length ? { missing: ['', ...column.markers] } : {};
    return [{ key, column: column as ColumnSample, time: { ...time, ...missing } }];
  });
  return {
    times: Object.fromEntries(found.map(({ key, time }) => [key, time])),
    columns: found.map(({ column }) => column),
  };
}

/** Formats that are common in exports. One digit also stands for two. */
const days = ['d.M.yyyy', 'M/d/yyyy', 'd/M/yyyy', 'yyyy/M/d', 'd-M-yyyy', 'd MMM yyyy', 'MMM d, yyyy', 'yyyyMMdd'];
const clocks = ['', ' H:mm:ss', ' H:mm', ' h:mm:ss a', ' h:mm a'];
const statedFormats = [
  ...days.flatMap((day) => clocks.map((clock) => day + clock)),
  'EEE MMM d HH:mm:ss yyyy',
  'EEE MMM dd HH:mm:ss ZZZ yyyy',
  'dd/MMM/yyyy:HH:mm:ss ZZZ',
  'EEE, d MMM yyyy HH:mm:ss ZZZ',
];

/**
 * Returns how the times of a column are read, or `undefined` if they are none. Adds a note about what is not certain.
 * `areDays` tells that they are dates without a time, for which a zone means nothing.
 */
export function guessTime(file: string, column: ColumnSample, notes: string[], areDays = false): TimeInput | undefined {
  const { name, values, texts } = column;
  if (values.length === 0) return undefined;
  if (values.every((value) => value instanceof Date)) return { column: name };
  if (texts.every((text) => /^\d{9,13}(?:\.\d*)?$/.test(text))) {
    const format = texts.every((text) => Number(text) < 1e11) ? 'seconds' : 'milliseconds';
    notes.push(`${file}: the times in "${name}" are ${format} since 1970.`);
    return { column: name, format };
  }
  if (texts.every((text) => parseIsoTime(text, 'UTC') !== undefined)) {
    if (!areDays && !texts.every((text) => /(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)$/i.test(text.slice(10))))
      noteZone(file, name, notes);
    return { column: name };
  }
  return statedTime(file, column, notes, areDays);
}

function statedTime(
  file: string,
  { name, texts }: ColumnSample,
  notes: string[],
  areDays: boolean,
): TimeInput | undefined {
  const fitting = statedFormats.filter((format) => {
    const { fromText } = timeFormat(format, 'UTC');
    return texts.every((text) => fromText(text) !== undefined);
  });
  const [format, ...others] = fitting;
  if (format === undefined) return undefined;
  notes.push(`${file}: the times in "${name}" are read in the format "${format}".`);
  if (others.length > 0)
    notes.push(
      `${file}: the times in "${name}" also fit ${others.map((other) => `"${other}"`).join(', ')}; check the format.`,
    );
  if (!areDays && !format.includes('ZZ')) noteZone(file, name, notes);
  return { column: name, format };
}

function noteZone(file: string, name: string, notes: string[]): void {
  notes.push(`${file}: the times in "${name}" state no zone and are read as UTC; state "zone" if they are of another.`);
}
