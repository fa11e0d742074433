import { fileURLToPath } from 'node:url';

/** The folder of package.json. It is the same for `src/` and for the built `dist/`. */
export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));
