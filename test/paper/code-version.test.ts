import { describe, expect, test } from '@jest/globals';
import { codeVersion, measuringFolders } from '../../src/paper/code-version.ts';

describe('codeVersion', () => {
  test('is the same for the same code, and another one for other folders', () => {
    expect(codeVersion(['tasks'])).toBe(codeVersion(['tasks']));
    expect(codeVersion(['tasks'])).not.toBe(codeVersion(['features']));
    expect(codeVersion(measuringFolders)).toMatch(/^[\da-f]{64}$/);
  });
});
