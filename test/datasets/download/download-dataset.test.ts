import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { WarmstartError } from '../../../src/common/errors.ts';
import { downloadDataset } from '../../../src/datasets/download/download-dataset.ts';
import { folderWith } from '../dataset-fixtures.ts';
import { zipOf } from './zip-of.ts';

const files = { 'users.dat': '1::F::1::10::48067\n', 'movies.dat': '1::Amber (1955)::Drama\n', README: 'terms' };
const inFolder = (folder: string) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
const good = zipOf({ 'ml-1m/': '', ...inFolder('ml-1m') });

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
});

/** Serves on loopback, and returns the address and the requests so far. */
async function serving(listener: RequestListener) {
  const requests: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url);
    listener(request, response);
  });
  servers.push(server.unref());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { from: `http://127.0.0.1:${(server.address() as AddressInfo).port}/movielens/`, requests };
}

const answering =
  (body: Buffer): RequestListener =>
  (_, response) =>
    response.end(body);
const archiveOf = (zip: Buffer) => ({
  file: 'ml-1m.zip',
  folder: 'ml-1m',
  md5: createHash('md5').update(zip).digest('hex'),
  reads: ['users.dat', 'movies.dat'],
});

async function errorOf(download: Promise<unknown>): Promise<WarmstartError> {
  return download.then(
    () => Promise.reject(new Error('expected an error')),
    (error) => error,
  );
}

describe('downloadDataset', () => {
  test('leaves the files of the archive in the folder, and nothing else', async () => {
    const parent = await folderWith({});
    const { from, requests } = await serving(answering(good));
    await downloadDataset({ archive: archiveOf(good), from, to: join(parent, 'new', 'films') });
    expect(requests).toEqual(['/movielens/ml-1m.zip']);
    expect(await readdir(join(parent, 'new'))).toEqual(['films']);
    const folder = join(parent, 'new', 'films');
    expect((await readdir(folder)).sort()).toEqual(Object.keys(files).sort());
    for (const [name, text] of Object.entries(files)) expect(await readFile(join(folder, name), 'utf8')).toBe(text);
  });

  test('fills an empty folder, and tells how much was received', async () => {
    const folder = await folderWith({});
    const { from } = await serving((_, response) => {
      response.setHeader('content-length', good.length).end(good);
    });
    const received: [number, number][] = [];
    const onBytes = (bytes: number, total: number) => void received.push([bytes, total]);
    await downloadDataset({ archive: archiveOf(good), from, to: folder }, { onBytes });
    expect(received.at(-1)).toEqual([good.length, good.length]);
    expect((await readdir(folder)).length).toBe(3);
  });

  test('refuses a folder with files before it requests anything', async () => {
    const folder = await folderWith({ 'ratings.csv': '' });
    const { from, requests } = await serving(answering(good));
    const error = await errorOf(downloadDataset({ archive: archiveOf(good), from, to: folder }));
    expect(error).toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: `--to: expected a folder without files, got ${folder} with ratings.csv; name another folder, or use what is there`,
    });
    expect(requests).toEqual([]);
    expect(await readdir(folder)).toEqual(['ratings.csv']);
  });

  const other = Buffer.from('another file');
  const halved: RequestListener = (_, response) => {
    response.setHeader('content-length', good.length);
    response.write(good.subarray(0, good.length / 2), () => response.destroy());
  };
  test.each([
    [
      'has another checksum',
      answering(other),
      `expected a file with the MD5 ${archiveOf(good).md5}, got one with ${archiveOf(other).md5}`,
    ],
    ['breaks off', halved, 'terminated: other side closed'],
    [
      'is not there',
      ((_, response) => response.writeHead(404).end()) as RequestListener,
      'the server answered with the status 404',
    ],
  ])('keeps nothing of a download that %s, and says how to get it by hand', async (_, listener, reason) => {
    const parent = await folderWith({});
    const { from } = await serving(listener);
    const archive = archiveOf(good);
    const error = await errorOf(downloadDataset({ archive, from, to: join(parent, 'films') }));
    expect(error).toMatchObject({
      code: 'INVALID_DATA',
      message:
        `${from}ml-1m.zip: ${reason}; try again, or fetch ${from}ml-1m.zip by hand, check that the MD5 of ml-1m.zip is ` +
        `${archive.md5}, and put its files users.dat and movies.dat into ${join(parent, 'films')}`,
    });
    expect(await readdir(parent)).toEqual([]);
  });

  test('says why there is no connection', async () => {
    const parent = await folderWith({});
    // Nothing can listen on port 0.
    const download = { archive: archiveOf(good), from: 'http://127.0.0.1:0/', to: join(parent, 'films') };
    expect((await errorOf(downloadDataset(download))).message).toMatch(
      /^http:\/\/127\.0\.0\.1:0\/ml-1m\.zip: fetch failed: .+; try again, or fetch /,
    );
  });

  test('ends with the reason of its signal, and keeps nothing', async () => {
    const parent = await folderWith({});
    const { from } = await serving((_, response) => void response.write(good.subarray(0, 10)));
    const abort = new AbortController();
    const reason = new Error('interrupted');
    const options = { onBytes: () => abort.abort(reason), signal: abort.signal };
    const download = downloadDataset({ archive: archiveOf(good), from, to: join(parent, 'films') }, options);
    expect(await errorOf(download)).toBe(reason);
    expect(await readdir(parent)).toEqual([]);
  });

  test.each([
    'ml-1m/../../evil',
    '../evil',
    '/evil',
    'evil',
    'ml-1m/deeper/evil',
    'ml-1m\\..\\evil',
    'ml-1m/..',
    'ml-1m-2/evil',
  ])('refuses an archive with the path %j, and writes nothing', async (path) => {
    const parent = await folderWith({});
    const zip = zipOf({ ...inFolder('ml-1m'), [path]: 'evil' });
    const { from } = await serving(answering(zip));
    const error = await errorOf(downloadDataset({ archive: archiveOf(zip), from, to: join(parent, 'films') }));
    expect(error).toMatchObject({ code: 'INVALID_DATA', message: expect.stringContaining('/ml-1m.zip: ') });
    expect(await readdir(parent)).toEqual([]);
  });
});
