import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals';
import { startProgress } from '../../src/cli/terminal.ts';

describe('the progress of a long operation in a log', () => {
  const written: string[] = [];
  const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  afterEach(() => void written.splice(0));
  afterAll(() => write.mockRestore());

  test('is one line for each tenth', () => {
    const progress = startProgress('loading', 200);
    for (const done of [0, 10, 20, 39, 60, 200]) progress.update(done, 'reading');
    expect(written.map((line) => line.trim())).toEqual([
      'loading 0% · reading',
      'loading 10% · reading',
      'loading 30% · reading',
      'loading 100% · reading',
    ]);
  });

  test('does not exceed 100%, as when a file grows while it is read', () => {
    startProgress('loading', 200).update(1000);
    expect(written).toEqual(['loading 100%\n']);
  });

  test('is one line without a share if the total is not known', () => {
    const progress = startProgress('loading ', 0);
    for (const done of [65_536, 131_072]) progress.update(done, 'reading');
    expect(written).toEqual(['loading · reading\n']);
  });
});
