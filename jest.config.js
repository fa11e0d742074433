/** @type {import('jest').Config} */
export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testEnvironment: '<rootDir>/test/support/shared-realm-environment.js',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  moduleNameMapper: { '^tsx/esm/api$': '<rootDir>/test/support/compiled-threads.js' },
  globalSetup: '<rootDir>/test/support/prepare-tests.ts',
  globalTeardown: '<rootDir>/test/support/stop-postgres.ts',
  testTimeout: 30_000,
  // A process that loads one test file after another keeps some of each. It is replaced before that slows down the
  // remaining files.
  maxWorkers: 2,
  workerIdleMemoryLimit: '1500MB',
};
