import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

// The import rules over a small repository that breaks each of them once: a rule that never fires protects nothing.

const root = mkdtempSync(join(tmpdir(), 'phi-imports-'))
const depcruise = resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs')

const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

const manifest = (name: string, dependencies: string[]) =>
  JSON.stringify({
    name,
    exports: { '.': { '@phi/source': './src/index.ts' } },
    dependencies: Object.fromEntries(dependencies.map((dependency) => [dependency, '*'])),
  })

const sources = {
  'packages/core/src/index.ts': `import '@phi/rbac'`,
  'packages/core/src/hidden.ts': 'export {}',
  'packages/core/test/helper.ts': 'export {}',
  'packages/audit/src/index.ts': `import '@phi/core'`,
  'packages/audit/src/by-type.ts': `import type { Role } from '@phi/rbac'\nexport type Mine = Role`,
  'packages/audit/src/upward.ts': `import '@phi/postgres'`,
  'packages/audit/src/workshop.ts': `import '@phi/bench'`,
  'packages/audit/src/example.ts': `import '@phi/example-clinic'`,
  'packages/audit/src/by-path.ts': `import '../../core/src/hidden.ts'`,
  'packages/audit/src/by-deep-name.ts': `import '@phi/core/src/hidden.ts'`,
  'packages/audit/src/dev-tool.ts': `import 'a-dev-tool'`,
  'packages/audit/src/declared.ts': `import 'a-dependency'`,
  'packages/audit/src/circle.ts': `import './circle-back.ts'`,
  'packages/audit/src/circle-back.ts': `import './circle.ts'`,
  'packages/audit/src/own.test.ts': `import 'a-dev-tool'\nimport '../../core/test/helper.ts'`,
  'packages/audit/src/ships-a-test.ts': `import './own.test.ts'`,
  'packages/rbac/src/index.ts': 'export type Role = string',
  'packages/postgres/src/index.ts': `import '@phi/audit'\nimport '@phi/rbac'`,
  'packages/postgres/src/ships-a-server.ts': `import '../test/server.ts'`,
  'packages/postgres/test/server.ts': 'export {}',
  'packages/bench/src/index.ts': `import '@phi/audit'\nimport '@phi/postgres'\nimport '../../postgres/test/server.ts'`,
  'packages/bench/src/by-path.ts': `import '../../core/src/hidden.ts'`,
  'examples/clinic/src/index.ts': `import '@phi/postgres'`,
}

interface Violation {
  readonly from: string
  readonly rule: { readonly name: string }
}

let found: string[]

beforeAll(() => {
  for (const [path, text] of Object.entries(sources)) write(path, `${text}\n`)
  const all = ['core', 'audit', 'rbac', 'postgres', 'bench'].map((name) => [`packages/${name}`, `@phi/${name}`] as const)
  mkdirSync(join(root, 'node_modules/@phi'), { recursive: true })
  for (const [folder, name] of [...all, ['examples/clinic', '@phi/example-clinic'] as const]) {
    write(`${folder}/package.json`, manifest(name, name === '@phi/audit' ? ['a-dependency'] : []))
    symlinkSync(join(root, folder), join(root, 'node_modules', name), 'junction')
  }
  for (const name of ['a-dev-tool', 'a-dependency']) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' }))
    write(`node_modules/${name}/index.js`, '')
  }
  write('package.json', JSON.stringify({ name: 'root', devDependencies: { 'a-dev-tool': '*' } }))

  const args = [depcruise, '--config', resolve('.dependency-cruiser.mjs'), '--output-type', 'json', 'packages', 'examples']
  const report = JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })) as {
    summary: { violations: Violation[] }
  }
  found = report.summary.violations.map((violation) => `${violation.from}: ${violation.rule.name}`)
})

afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('the import rules', () => {
  it.each([
    ['packages/core/src/index.ts', 'floor-of-core'],
    ['packages/audit/src/by-type.ts', 'floor-of-audit'],
    ['packages/audit/src/upward.ts', 'floor-of-audit'],
    ['packages/audit/src/workshop.ts', 'floor-of-audit'],
    ['packages/audit/src/example.ts', 'floor-of-audit'],
    ['packages/audit/src/by-path.ts', 'through-the-front-door'],
    ['packages/audit/src/by-deep-name.ts', 'resolvable'],
    ['packages/audit/src/dev-tool.ts', 'shipped-code-needs-shipped-dependencies'],
    ['packages/audit/src/circle-back.ts', 'no-circles'],
    ['packages/audit/src/ships-a-test.ts', 'test-helpers-in-tests'],
    ['packages/postgres/src/ships-a-server.ts', 'test-helpers-in-tests'],
    ['packages/bench/src/by-path.ts', 'through-the-front-door'],
  ])('refuse %s by %s', (path, rule) => {
    expect(found).toContain(`${path}: ${rule}`)
  })

  it.each([
    'packages/audit/src/declared.ts',
    'packages/audit/src/own.test.ts',
    'packages/postgres/src/index.ts',
    'packages/bench/src/index.ts',
    'examples/clinic/src/index.ts',
  ])('let %s pass', (path) => {
    expect(found.filter((line) => line.startsWith(`${path}: `))).toEqual([])
  })
})
