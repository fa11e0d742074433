import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { RejectFile } from '../../src/interactions/reject-file.ts';

describe('RejectFile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'warmstart-reject-file-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'rejects.csv');
  const reject = { file: 'a.csv', line: 2, reason: 'no "user"', row: ',i1' };
  const written = 'file,line,reason,row\na.csv,2,"no ""user""",",i1"\n';

  test('replaces the reject file of an earlier load, and an empty file', () => {
    for (const before of [written + written, '']) {
      writeFileSync(path, before);
      const file = new RejectFile(path);
      file.add(reject);
      file.close();
      expect(readFileSync(path, 'utf8')).toBe(written);
    }
  });

  test('leaves no file if nothing was rejected', () => {
    new RejectFile(path).close();
    expect(() => readFileSync(path)).toThrow('ENOENT');
  });

  test.each(['user,item\nu1,i1\n', 'file,line', '{}'])(
    'refuses a file with other content, and keeps it: %j',
    (content) => {
      writeFileSync(path, content);
      expect(() => new RejectFile(path)).toThrow(
        `--rejects: expected a new file or one with the rejected rows of an earlier import, got ${path}, which does not`,
      );
      expect(readFileSync(path, 'utf8')).toBe(content);
    },
  );
});
