import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { installPacked } from '../src/install.ts'

// Somebody who installed no optional peer at all.
const { folder, packages } = installPacked(inject('tarballs'), { optionalPeers: false })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What a module does without its peer: it loads, or it fails as Node says. */
interface Loaded {
  readonly ok: boolean
  readonly code?: string
  readonly message?: string
}

const run = (file: string, program: string): unknown => {
  writeFileSync(join(folder, file), program)
  const env = { ...process.env, NODE_OPTIONS: '' }
  return JSON.parse(execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8', env }))
}

/**
 * The entries whose whole purpose is a peer, which they import when they are imported. Without it they cannot load, and what Node
 * says names the package. Every other entry loads, and asks for a peer only in the call that needs it.
 */
const needing: Readonly<Record<string, string>> = {
  '@phi/audit/anchor/s3': '@aws-sdk/client-s3',
  '@phi/envelope/aws-kms': '@aws-sdk/client-kms',
  '@phi/envelope/drizzle': 'drizzle-orm',
  '@phi/envelope/kysely': 'kysely',
}

const modules = packages.flatMap((each) => each.modules)
const attempt = (load: string) => `void (async () => {
  const loaded = {}
  for (const name of ${JSON.stringify(modules)}) {
    try { ${load}; loaded[name] = { ok: true } }
    catch ({ code, message }) { loaded[name] = { ok: false, code, message } }
  }
  console.log(JSON.stringify(loaded))
})()`

describe.each([
  ['import', 'mjs', 'await import(name)', 'ERR_MODULE_NOT_FOUND'],
  ['require', 'cjs', 'require(name)', 'MODULE_NOT_FOUND'],
] as const)('without any optional peer, %s', (_, extension, load, code) => {
  const loaded = run(`peers.${extension}`, attempt(load)) as Record<string, Loaded>

  it('loads every entry that is not made for one peer', () => {
    const failed = Object.entries(loaded).filter(([, { ok }]) => !ok)
    expect(failed.map(([name]) => name).sort()).toEqual(Object.keys(needing).sort())
  })

  it.each(Object.entries(needing))('%s fails by naming %s', (name, peer) => {
    expect(loaded[name]).toMatchObject({ ok: false, code })
    expect(loaded[name]?.message).toMatch(new RegExp(`Cannot find (?:package|module) '${peer}(?:/[^']*)?'`))
  })
})

/** Calls that need a peer: the package, the call, and the code of the error that names it. */
const calls = [
  ['pg', '@phi/postgres', `connect('postgresql://u@127.0.0.1/x')`, 'PHI_PG_DRIVER'],
  ['@electric-sql/pglite', '@phi/postgres', 'embedded()', 'PHI_PG_DRIVER'],
  ['postgres', '@phi/postgres', `connectPostgresJs('postgresql://u@127.0.0.1/x')`, 'PHI_PG_DRIVER'],
  [
    'pkcs11js',
    '@phi/envelope/pkcs11',
    `pkcs11Kms({ module: '/nowhere.so', tokenLabel: 't', pin: '1234', keyLabel: 'k' }).describe()`,
    'PHI_ENVELOPE_KMS_UNSUPPORTED',
  ],
] as const

describe('a call that needs an optional peer', () => {
  it.each(calls)('without %s is refused by an error with a code that names it', (peer, module, call, code) => {
    const error = run(
      `${code}.mjs`,
      `import { ${call.split('(')[0]} } from '${module}'
      import { isPhiError } from '@phi/core'
      const { code, message, phi } = await (async () => ${call})().then(
        () => ({}),
        (error) => ({ code: error.code, message: error.message, phi: isPhiError(error) }),
      )
      console.log(JSON.stringify({ code, message, phi }))`,
    ) as { code?: string; message?: string; phi?: boolean }
    expect(error).toMatchObject({ code, phi: true })
    expect(error.message).toContain(peer)
  })
})
