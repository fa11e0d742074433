import { maxRows } from '../catalog/check-batch.ts';
import { WarmstartError } from '../common/errors.ts';
import { type Lines, maxLineLength, splitLines } from '../datasets/read-lines.ts';
import type { GivenInteraction } from './check-interaction.ts';
import { readInteractionLine } from './interaction-line.ts';
import type { LineCounts } from './line-counts.ts';
import type { RecordedBatch } from './record-interactions.ts';

/** Stores a batch of 1 to 500 interactions, see `recordInteractions`. */
export type RecordBatch = (batch: readonly GivenInteraction[]) => Promise<RecordedBatch>;

/**
 * Records interactions from JSON Lines, of any number, and counts them in `counts`. They are stored in their order, up
 * to 500 at a time; the next ones are read when these are stored. An invalid line, such as one that is not valid UTF-8,
 * is refused, and the others are stored.
 *
 * Throws what `chunks` or `record` throws. The batches before are stored then, and `counts` has them.
 */
export async function recordLines(
  chunks: AsyncIterable<Buffer>,
  record: RecordBatch,
  counts: LineCounts,
): Promise<void> {
  for await (const lines of batchesOf(chunks)) await recordBatch(lines, record, counts);
}

/** A line with what it says, or what is wrong with it. */
interface ReadLine {
  readonly number: number;
  readonly content: GivenInteraction | WarmstartError;
}

/** Reads lines and yields them in batches. Each chunk is read in its own turn of the event loop. */
async function* batchesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly ReadLine[]> {
  let batch: ReadLine[] = [];
  for await (const lines of splitLines(sized(chunks))) {
    for (const line of readAll(lines)) {
      if (batch.push(line) < maxRows) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/** No piece may be longer than the longest line. */
async function* sized(chunks: AsyncIterable<Buffer>): AsyncGenerator<{ data: Buffer; bytes: number }> {
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length; start += maxLineLength) {
      const data = chunk.subarray(start, start + maxLineLength);
      yield { data, bytes: data.length };
    }
  }
}

function* readAll({ texts, first, cut, notUtf8 }: Lines): Generator<ReadLine> {
  for (const [index, text] of texts.entries()) {
    const number = first + index;
    if (cut && index === 0) yield { number, content: tooLong };
    else if (notUtf8?.has(number)) yield { number, content: wrongEncoding };
    else if (text.trim() !== '') yield { number, content: contentOf(text) };
  }
}

const tooLong = new WarmstartError('BAD_USER_INPUT', `expected a line of at most ${maxLineLength} bytes, got more`);
const wrongEncoding = new WarmstartError(
  'BAD_USER_INPUT',
  'expected a line of JSON in UTF-8, got bytes that are not valid UTF-8; convert the file to UTF-8',
);

function contentOf(text: string): GivenInteraction | WarmstartError {
  try {
    return readInteractionLine(text);
  } catch (error) {
    if (error instanceof WarmstartError) return error;
    throw error;
  }
}

async function recordBatch(lines: readonly ReadLine[], record: RecordBatch, counts: LineCounts): Promise<void> {
  const valid = lines.filter(({ content }) => !(content instanceof WarmstartError));
  const { results, errors } =
    valid.length === 0
      ? { results: [], errors: [] }
      : await record(valid.map(({ content }) => content as GivenInteraction));
  const firstErrors = new Map(errors.toReversed().map((error) => [error.field?.[1], error]));
  let place = 0;
  for (const { number, content } of lines) {
    if (content instanceof WarmstartError) {
      counts.refuse(number, content);
      continue;
    }
    const error = firstErrors.get(place);
    if (error) counts.refuse(number, ofLine(error));
    else counts.store(results[place]?.recorded ?? false);
    place++;
  }
}

/** Takes the place in the batch, such as `interactions.3`, from the path of an error and from its message. */
function ofLine({ code, message, field = [] }: WarmstartError): WarmstartError {
  const [, , ...inner] = field;
  return new WarmstartError(code, message.replace(/^interactions\.\d+\./, ''), { field: inner });
}
