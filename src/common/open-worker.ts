import { Worker } from 'node:worker_threads';

/**
 * Starts a thread with the module at `url`, given without its extension: the `.js` of a build, or the `.ts` beside this
 * file, which is then read by tsx as everything else is.
 *
 * A thread does not inherit the hooks of the tsx that runs the process, and under Jest there is none; so it registers its own before it imports the module.
 */
export function openWorker(url: URL): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL(`${url}.js`));
  const register = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const module = JSON.stringify(`${url}.ts`);
  const program = `import { register } from ${register}; register(); await import(${module});`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
}
