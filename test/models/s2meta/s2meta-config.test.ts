import { describe, expect, test } from '@jest/globals';
import { parseS2MetaConfig } from '../../../src/models/s2meta/s2meta-config.ts';

describe('the configuration of s²Meta', () => {
  test('has the controllers of the paper by default', () => {
    expect(parseS2MetaConfig({})).toMatchObject({ innerSteps: 20, minSteps: 4, updateWidth: 16, stopWidth: 16 });
  });

  test('takes fewer steps before the stop controller decides if there are fewer steps', () => {
    expect(parseS2MetaConfig({ innerSteps: 2 })).toMatchObject({ innerSteps: 2, minSteps: 2 });
    expect(parseS2MetaConfig({ innerSteps: 2, minSteps: 1 })).toMatchObject({ minSteps: 1 });
  });

  test.each([
    [{ layerWidths: [] }, 'layerWidths'],
    [{ innerSteps: 0 }, 'innerSteps'],
    [{ innerSteps: 51 }, 'innerSteps'],
    [{ minSteps: -1 }, 'minSteps'],
    [{ innerSteps: 5, minSteps: 6 }, 'minSteps: expected at most innerSteps, 5'],
    [{ minSteps: 21 }, 'minSteps: expected at most innerSteps, 20'],
    [{ updateWidth: 0 }, 'updateWidth'],
    [{ stopWidth: 1.5 }, 'stopWidth'],
    [{ stepStart: 0.6 }, 'stepStart'],
    [{ stepStart: 1e-320 }, 'stepStart'],
    [{ forgetStart: 0 }, 'forgetStart'],
    [{ secondOrder: true }, 'secondOrder'],
  ])('refuses %j and names the field', (input, field) => {
    expect(() => parseS2MetaConfig(input)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(field) }),
    );
  });
});
