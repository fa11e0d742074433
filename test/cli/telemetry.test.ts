import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const tsx = import.meta.resolve('tsx');
const telemetry = fileURLToPath(new URL('../../src/cli/telemetry.ts', import.meta.url));

/** Runs a program that has a `logger`. Returns what it writes to standard error, in the pieces in which they came. */
async function run(program: string): Promise<readonly string[]> {
  const source = `import { openLog } from ${JSON.stringify(telemetry)};
    const logger = openLog({ logLevel: 'info' });
    ${program}`;
  const child = spawn(process.execPath, ['--import', tsx, '--input-type=module', '--eval', source], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const pieces: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    pieces.push(piece);
    // The program may wait for this.
    child.stdin.end();
  });
  await once(child, 'close');
  return pieces;
}

const messages = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).msg);

test('a process that ends writes all lines of its log', async () => {
  const pieces = await run(`for (const n of [1, 2, 3]) logger.info(String(n)); process.exit(1);`);
  expect(messages(pieces.join(''))).toEqual(['1', '2', '3']);
});

test('a process that fails writes all lines of its log', async () => {
  const pieces = await run(`logger.info('before'); setImmediate(() => { throw new Error('broken'); });`);
  expect(pieces.join('')).toContain('"msg":"before"');
});

test('a process that goes on writes its lines together, soon after they were logged', async () => {
  const pieces = await run(`for (const n of [1, 2, 3]) logger.info(String(n));
    process.stdin.resume().on('end', () => process.exit());`);
  expect(messages(pieces[0] as string)).toEqual(['1', '2', '3']);
});

test('more lines than are written at once are written in their order', async () => {
  const pieces = await run(`for (let n = 0; n < 100; n++) logger.info(String(n).padStart(200));`);
  expect(messages(pieces.join('')).map(Number)).toEqual(Array.from({ length: 100 }, (_, n) => n));
});
