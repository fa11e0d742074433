import type { Engine } from '../../src/engine/engine.ts';
import { onnxEngine } from '../../src/engine/onnx-engine.ts';

/** The engines that can run here. */
export async function availableEngines(): Promise<{ name: string; engine: Engine }[]> {
  return [{ name: 'onnx', engine: onnxEngine() }];
}
