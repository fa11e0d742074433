import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import semver from 'semver';

/** Permit commercial use, and do not oblige anybody to publish code that uses the package. */
const allowedLicenses = [
  'MIT',
  'Apache-2.0',
  'BSD-3-Clause',
  'ISC',
  '(MIT AND BSD-3-Clause)',
  '(MIT OR CC0-1.0)',
  '0BSD',
  'BSD-2-Clause',
  'BlueOak-1.0.0',
  'Python-2.0',
];

interface LockedPackage {
  readonly dev?: boolean;
  readonly engines?: { readonly node?: string };
  readonly hasInstallScript?: boolean;
  readonly license?: string;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const lock: Record<string, LockedPackage> = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;
const packages = Object.entries(lock)
  .filter(([path]) => path !== '')
  .map(([path, entry]) => ({ name: path.replace(/^.*node_modules\//, ''), ...entry }));
const production = packages.filter(({ dev }) => !dev);

describe('the packages of a production install', () => {
  test('have licenses that are allowed', () => {
    const refused = production.filter(({ license }) => !allowedLicenses.includes(license ?? 'none'));
    expect(refused.map(({ name, license }) => `${name}: ${license ?? 'none'}`)).toEqual([]);
  });

  test('are counted by license in docs/dependencies.md', () => {
    const [, table = ''] = readFileSync('docs/dependencies.md', 'utf8').split('\n|---|---|\n');
    const rows = table.split('\n\n')[0]?.split('\n') ?? [];
    const counted = [...new Set(production.map(({ license }) => license))].map((license) => {
      const names = production.filter((entry) => entry.license === license).map(({ name }) => name);
      return `| ${license} | ${names.length === 1 ? names[0] : names.length} |`;
    });
    expect(rows.sort()).toEqual(counted.sort());
  });

  test('do not include Prisma’s command line, nor what it brings', () => {
    const commandLine = ['prisma', '@prisma/engines', '@prisma/studio-core', 'effect', 'elkjs', 'mysql2', 'seq-queue'];
    expect(production.map(({ name }) => name).filter((name) => commandLine.includes(name))).toEqual([]);
    expect(packages.map(({ name }) => name)).toEqual(expect.arrayContaining(commandLine));
  });

  test('support every version of Node that package.json names', () => {
    const newer = production.filter(({ engines }) => !semver.subset(manifest.engines.node, engines?.node ?? '*'));
    expect(newer.map(({ name, engines }) => `${name}: ${engines?.node}`)).toEqual([]);
  });
});

describe('install scripts', () => {
  test('are allowed or denied in package.json', () => {
    const undecided = packages.filter(
      ({ name, hasInstallScript }) => hasInstallScript && !(name in manifest.allowScripts),
    );
    expect(undecided.map(({ name }) => name)).toEqual([]);
  });

  test('of onnxruntime-node, which downloads CUDA, are run by no version of npm', () => {
    expect(manifest.allowScripts['onnxruntime-node']).toBe(false);
    // npm without allowScripts runs the scripts of packages that the lock file marks.
    expect(lock['node_modules/onnxruntime-node']?.hasInstallScript).toBeUndefined();
  });
});
