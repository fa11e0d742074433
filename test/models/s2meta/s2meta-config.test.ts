import { describe, expect, test } from '@jest/globals';
import { parseS2MetaConfig } from '../../../src/models/s2meta/s2meta-config.ts';

describe('the configuration of s²Meta', () => {
  test('has the controllers of the paper by default', () => {
    expect(parseS2MetaConfig({})).toMatchObject({ innerSteps: 20, minSteps: 4, updateWidth: 16, stopWidth: 16 });
  });

  test.each([
    [{ layerWidths: [] }, 'layerWidths'],
    [{ innerSteps: 0 }, 'innerSteps'],
    [{ innerSteps: 51 }, 'innerSteps'],
    [{ minSteps: -1 }, 'minSteps'],
    [{ updateWidth: 0 }, 'updateWidth'],
    [{ stopWidth: 1.5 }, 'stopWidth'],
    [{ stepStart: 0.6 }, 'stepStart'],
    [{ forgetStart: 0 }, 'forgetStart'],
    [{ secondOrder: true }, 'secondOrder'],
  ])('refuses %j and names the field', (input, field) => {
    expect(() => parseS2MetaConfig(input)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(field) }),
    );
  });
});
