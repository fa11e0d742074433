import { DateTime } from 'luxon';
import { parseIsoTime } from '../../common/parse-iso-time.ts';

/** How texts and numbers of a format become milliseconds since 1970. */
export interface TimeFormat {
  /** What a message expects. */
  readonly expected: string;
  /** `undefined` if the text is not a time in this format. */
  readonly fromText: (text: string) => number | undefined;
  /** `undefined` if numbers are not times in this format. */
  readonly fromNumber: (value: number) => number | undefined;
}

/** The formats with a name. Any other format is one of luxon, such as `dd.MM.yyyy HH:mm`. */
const namedFormats: Readonly<Record<string, (zone: string) => TimeFormat>> = {
  iso: (zone) => ({
    expected: 'a time such as 2024-05-31T18:30:00Z',
    fromText: (text) => parseIsoTime(text, zone),
    fromNumber: () => undefined,
  }),
  seconds: () => epochFormat('seconds', 1000, 0),
  milliseconds: () => epochFormat('milliseconds', 1, firstMilliseconds),
};

/** Names of months and days are English, whatever the locale of the process. */
const locale = 'en-US';

/** Returns a format of times that have no zone of their own, unless they state one. */
export function timeFormat(format: string, zone: string): TimeFormat {
  const named = Object.hasOwn(namedFormats, format) ? namedFormats[format] : undefined;
  return named === undefined ? statedFormat(format, zone) : named(zone);
}

/**
 * Text between quotes stands for itself. Other programs write the year as `YYYY` and the day as `DD`. In luxon, `Y` stands
 * for itself, and `DD` is a whole date with its year.
 */
const quoted = /'[^']*'/g;
const ofOtherPrograms = /Y|D.*y|y.*D/;

/** Whether a format is a named one, or one in which a time keeps its year, month and day. */
export function isTimeFormat(format: string): boolean {
  if (Object.hasOwn(namedFormats, format)) return true;
  if (ofOtherPrograms.test(format.replace(quoted, ''))) return false;
  const example = DateTime.fromObject({ year: 2001, month: 2, day: 3 }, { zone: 'UTC', locale });
  return statedFormat(format, 'UTC').fromText(example.toFormat(format)) === example.toMillis();
}

/** Whether times in a format can have more than a year, a month and a day. */
export function formatHasClock(format: string): boolean {
  return Object.hasOwn(namedFormats, format) || /[HhTtfFXx]/.test(format.replace(quoted, ''));
}

function statedFormat(format: string, zone: string): TimeFormat {
  const parser = DateTime.buildFormatParser(format, { locale });
  const example = DateTime.fromObject({ year: 2024, month: 5, day: 31, hour: 18, minute: 30 }, { zone, locale });
  const fromText = (text: string) => {
    const time = DateTime.fromFormatParser(text.trim(), parser, { zone, locale });
    return time.isValid ? time.toMillis() : undefined;
  };
  return {
    expected: `a time such as ${example.toFormat(format)}`,
    fromText,
    fromNumber: (value) => fromText(String(value)),
  };
}

const digits = /^\d{1,16}(?:\.\d*)?$/;

/**
 * Milliseconds since 1970 reached this value in 1973, and seconds reach it in the year 5138. Smaller numbers are seconds
 * that somebody takes for milliseconds: all of today's would be in January 1970.
 */
export const firstMilliseconds = 100_000_000_000;

function epochFormat(unit: string, milliseconds: number, smallest: number): TimeFormat {
  const fromNumber = (value: number) => (value >= smallest ? Math.round(value * milliseconds) : undefined);
  return {
    expected: `a time in ${unit} since 1970`,
    fromText: (text) => (digits.test(text) ? fromNumber(Number(text)) : undefined),
    fromNumber,
  };
}
