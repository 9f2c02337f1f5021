// Which package may import which. `npm run check:imports` holds every source file to it.

import { readdirSync } from 'node:fs'

/** Each floor imports from the floors below it, never from its own: packages on one floor meet through small interfaces. */
const below = {
  // floor 1
  core: [],
  // floor 2
  audit: ['core'],
  envelope: ['core'],
  rbac: ['core'],
  deadlines: ['core'],
  baa: ['core'],
  // floor 3
  retention: ['core', 'deadlines'],
  // floor 4
  postgres: ['core', 'audit', 'envelope', 'rbac', 'deadlines', 'baa', 'retention'],
  http: ['core', 'audit', 'rbac'],
  testing: ['core', 'audit', 'envelope', 'rbac', 'deadlines', 'baa', 'retention'],
  // floor 5
  cli: ['core', 'audit', 'envelope', 'rbac', 'deadlines', 'baa', 'retention', 'postgres', 'http', 'testing'],
}

/** Private workspaces, like everything in examples/: they import anything published, and nothing published imports them. */
const workshops = ['bench', 'consumer']

const published = Object.keys(below)
for (const { name } of readdirSync('packages', { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
  if (!published.includes(name) && !workshops.includes(name)) {
    throw new Error(`packages/${name} stands on no floor: give it one in .dependency-cruiser.mjs`)
  }
}

const any = (names) => `(${names.join('|')})`
const TESTS = '\\.test\\.ts$|/test/'
/** A workspace by its folder, or by its name where that name does not resolve. */
const workspace = (names) => `^packages/${names}/|^@phi/${names}(/|$)`

export default {
  forbidden: [
    ...published.map((name) => ({
      name: `floor-of-${name}`,
      comment: below[name].length > 0 ? `${name} imports only ${below[name].join(', ')}` : `${name} imports no other package`,
      severity: 'error',
      from: { path: `^packages/${name}/`, pathNot: TESTS },
      to: {
        path: [workspace('[^/]+'), '^examples/', '^@phi/example-'],
        pathNot: [workspace(any([name, ...below[name]]))],
      },
    })),
    ...published.map((name) => ({
      name: `floor-of-tests-of-${name}`,
      comment: `tests of ${name} import what ${name} does, the helpers of packages/core, and the published suites`,
      severity: 'error',
      from: { path: `^packages/${name}/.*(${TESTS})` },
      to: {
        path: [workspace('[^/]+'), '^examples/', '^@phi/example-'],
        // An adapter of a lower floor passes the same suite that its users install, so its tests may look up to that one.
        pathNot: [workspace(any([name, 'testing', ...below[name]])), '^packages/core/test/'],
      },
    })),
    {
      name: 'through-the-front-door',
      comment: 'another package is imported by its name, never by a path into it; only test helpers have no name',
      severity: 'error',
      // Whoever forges a log needs the functions that make one; so does a baseline that writes the same log in another way.
      from: {
        path: '^(packages|examples)/([^/]+)/',
        pathNot: ['^packages/postgres/test/attacks/', '^packages/bench/src/rows/per-event-locking[.]ts$'],
      },
      to: {
        path: '^(packages|examples)/[^/]+/',
        pathNot: ['^$1/$2/', '^packages/[^/]+/test/'],
        dependencyTypes: ['local'],
      },
    },
    {
      name: 'test-helpers-in-tests',
      comment: 'only tests import test code, and the benchmarks, which start the same servers',
      severity: 'error',
      from: { path: '^(packages|examples)/', pathNot: [TESTS, '^packages/bench/'] },
      to: { path: TESTS },
    },
    {
      name: 'shipped-code-needs-shipped-dependencies',
      comment: 'a published package imports only what its own package.json lists as a dependency or peer dependency',
      severity: 'error',
      from: { path: `^packages/${any(published)}/src/`, pathNot: TESTS },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'npm-bundled'],
        dependencyTypesNot: ['npm', 'npm-peer', 'npm-optional', 'local', 'core', 'aliased-subpath-import'],
      },
    },
    {
      name: 'resolvable',
      comment: 'every import resolves, and no import reaches past the `exports` of a package',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-circles',
      comment: 'no import leads back to where it started, not even for a type',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules'] },
    exclude: { path: ['/dist/', '/out/', '/\\.tmp/'] },
    tsPreCompilationDeps: true,
    detectProcessBuiltinModuleCalls: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@phi/source', 'node', 'import', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.cjs', '.json', '.d.ts'],
    },
  },
}
