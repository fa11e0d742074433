import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type PreparedRow, prepareRow, type RowFacts, type RowTimes } from './prepare-row.ts';
import type { BenchSize, Row } from './rows.ts';

interface Job {
  readonly row: Row;
  readonly size: BenchSize;
}

/** Prepares a row in a process of its own, so that the peak of memory is that of the row. */
export async function prepareRowApart(row: Row, size: BenchSize): Promise<PreparedRow> {
  const child = fork(import.meta.filename);
  try {
    const job: Job = { row, size };
    const facts = await ask<RowFacts>(child, job);
    process.stderr.write(`ready: ${row.model}${row.steps === null ? '' : `, steps: ${row.steps}`}\n`);
    return {
      facts,
      measure: () => ask<RowTimes>(child, 'measure'),
      dispose: () => child.kill(),
    };
  } catch (error) {
    child.kill();
    throw error;
  }
}

/** Sends a message to a process and returns the answer. Throws an Error if the process ends instead. */
async function ask<Answer>(child: ChildProcess, message: Job | 'measure'): Promise<Answer> {
  const answered = new AbortController();
  const { signal } = answered;
  const ended = once(child, 'exit', { signal }).then(([code, by]) => {
    throw new Error(`Expected the process of a row to answer, but it ended (${by ?? code}); its error is above.`);
  });
  // The race below has its own handler.
  ended.catch(() => {});
  child.send(message);
  try {
    const [answer] = await Promise.race([once(child, 'message', { signal }), ended]);
    return answer as Answer;
  } finally {
    answered.abort();
  }
}

/** The child process: prepares the row of its first message, and measures it at each further message. */
async function serve(send: (answer: RowFacts | RowTimes) => void): Promise<void> {
  const [{ row, size }] = (await once(process, 'message')) as [Job];
  const { facts, measure } = await prepareRow(row, size);
  process.on('message', async () => send(await measure()));
  send(facts);
}

if (process.argv[1] === import.meta.filename && process.send) {
  // Ctrl+C can end the parent before it stops this process.
  process.once('disconnect', () => process.exit());
  await serve(process.send.bind(process));
}
