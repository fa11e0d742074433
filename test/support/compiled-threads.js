import { readFile } from 'node:fs/promises';
import { register as registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

const source = new URL('../../src/', import.meta.url).href;
const compiled = new URL('.', pathToFileURL(process.env.WARMSTART_TEST_PROGRAM)).href;

/**
 * Stands in for `tsx/esm/api` in the threads that tests start, with a third of its processor time. A thread gets the
 * modules of src/ that were compiled before the tests. swc compiles other modules.
 */
export function register() {
  registerHooks(import.meta.url);
}

export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context);
  if (!resolved.url.startsWith(source)) return resolved;
  return { ...resolved, url: resolved.url.replace(source, compiled).replace(/\.ts$/, '.js'), format: 'module' };
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const { default: swc } = await import('@swc/core');
  const { code } = await swc.transform(await readFile(new URL(url), 'utf8'), {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
  });
  return { format: 'module', source: code, shortCircuit: true };
}
