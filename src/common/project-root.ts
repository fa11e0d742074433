import { fileURLToPath } from 'node:url';

/** The folder that holds package.json, from `src/` and from the built `dist/` alike. */
export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));
