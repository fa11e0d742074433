import { setTimeout } from 'node:timers/promises';
import { floatTensor } from '../../../src/engine/host-tensor.ts';
import { ThreadFunctions } from '../../../src/engine/running/thread-functions.ts';
import { sourceNamed } from './functions-for-threads.ts';

const functions = new ThreadFunctions();
const compile = () => functions.compile(sourceNamed('doubling'), {});
const [first, second] = await Promise.all([compile(), compile()]);
first.dispose();
second.dispose();
await setTimeout(100);
const open = await compile();
const { doubled } = await open.run({ x: floatTensor([1], Float32Array.of(4)) });
process.stdout.write(`${doubled?.data[0]}\n`);
