import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';

/** A folder for the tests of a file, and a program in it that comes first in PATH. */
export interface StandIn {
  readonly folder: string;
  /** Writes what the program does, a script of sh. */
  readonly does: (script: string) => Promise<void>;
}

/** Stands for a program of PostgreSQL, of which there is none that is sure to fit the server. */
export function standInProgram(name: string): StandIn {
  const path = process.env.PATH;
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-dump-'));
  });
  afterAll(async () => {
    process.env.PATH = path;
    await rm(folder, { recursive: true });
  });
  return {
    get folder() {
      return folder;
    },
    async does(script) {
      await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
      await chmod(join(folder, name), 0o755);
      process.env.PATH = `${folder}:${path}`;
    },
  };
}
