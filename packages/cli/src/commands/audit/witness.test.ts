import { readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { memoryStore, openAuditLog } from '@phi/audit'
import { ed25519Cosigner, parseWitnessPolicy, witnessPolicy } from '@phi/audit/witness'
import { systemClock } from '@phi/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { folder, origin, signer, stranger } from '../../../test/audit/world.ts'
import { phi, type Ran, type RunOptions } from '../../../test/io.ts'
import { listenOf } from './witness-serve.ts'

let dir: Awaited<ReturnType<typeof folder>>
const witness = (rest: string, options: RunOptions = {}): Promise<Ran> => phi(`witness ${rest}`, { cwd: dir.path, ...options })
const cosigner = ed25519Cosigner.fromSecretKey('witness.example/w1', new Uint8Array(32).fill(3))
const env = { KEY: cosigner.exportSkey() }

beforeAll(async () => {
  dir = await folder()
  await dir.write('log.vkey', signer.vkey)
  await dir.write('w1.vkey', cosigner.vkey)
})
afterAll(() => dir.remove())

/** Runs `phi witness serve` until `work` has ended. */
async function serving(rest: string, work: (url: string) => Promise<void>): Promise<Ran> {
  const stop = new AbortController()
  let told: (url: string) => void = () => {}
  const url = new Promise<string>((resolve) => {
    told = resolve
  })
  const server = witness(`serve --listen 127.0.0.1:0 --key-from KEY --json ${rest}`, {
    env,
    signal: stop.signal,
    clock: systemClock,
    onOutput: (text) => {
      const { url: at } = JSON.parse(text) as { url?: string }
      if (at !== undefined) told(at)
    },
  })
  try {
    const first = await Promise.race([url, server])
    if (typeof first !== 'string') return first
    await work(first)
  } finally {
    stop.abort()
  }
  return server
}

describe('phi witness', () => {
  it('makes a key, shows it once, or puts it into a file for its owner alone', async () => {
    const { code, stdout } = await witness('init --name witness.example/w9')
    expect(code).toBe(0)
    const [, skey = ''] = /^ {2}PHI_WITNESS_KEY=(\S+)$/m.exec(stdout) ?? []
    expect(stdout).toContain(ed25519Cosigner.fromSkey(skey).vkey)
    const quiet = await witness('init --name witness.example/w9 --key-out w9.skey --json')
    expect(quiet.stdout).not.toContain('PRIVATE')
    const made = ed25519Cosigner.fromSkey((await readFile(join(dir.path, 'w9.skey'), 'utf8')).trim())
    expect(JSON.parse(quiet.stdout)).toEqual({ name: 'witness.example/w9', vkey: made.vkey })
    expect((await stat(join(dir.path, 'w9.skey'))).mode & 0o077).toBe(0)
    expect((await witness('init --name witness.example/w9 --key-out w9.skey')).code).toBe(4)
    expect((await witness('init --name two+plus')).stderr).toContain('PHI_AUDIT_SKEY')
    expect((await witness('init')).code).toBe(2)
  })

  it('S6 serves a witness: a log is cosigned, a rewritten one is not, and it remembers after it ended', async () => {
    const policyOf = (url: string) => witnessPolicy({ witnesses: [{ name: 'w1', vkey: cosigner.vkey, url }], quorum: 1 })
    const open = (url: string, store = memoryStore()) =>
      openAuditLog({ origin, store, signer, witnesses: { policy: policyOf(url) } })
    const event = { action: 'read', outcome: 'success', actor: { id: 'u-1', type: 'workforce' } } as const
    const first = await serving('--store w1 --log log.vkey', async (url) => {
      const before = await witness(`status ${url} --log log.vkey --witness w1.vkey`)
      expect([before.code, before.stdout]).toEqual([
        3,
        'witness.example/w1 has cosigned nothing of this log, or does not know it.\n',
      ])
      const log = await open(url)
      await log.append(event)
      await log.append(event)
      await log.checkpoint()
      expect(log.health().witnesses?.witnessedSize).toBe(2)
      const status = await witness(`status ${url} --log log.vkey --witness w1.vkey --max-age 1 --out kept.txt --json`, {
        clock: systemClock,
      })
      expect([status.code, JSON.parse(status.stdout)]).toMatchObject([0, { status: 'cosigned', size: 2, origin }])
      expect(await readFile(join(dir.path, 'kept.txt'), 'utf8')).toContain('witness.example/w1')
      const later = await witness(`status ${url} --log log.vkey --witness w1.vkey --max-age 1`, {
        clock: () => Date.now() + 7_200_000,
      })
      expect([later.code, later.stdout.split('\n')[0]]).toEqual([1, 'Old: witness.example/w1 last cosigned 2 hours ago.'])
      await log.close()
    })
    expect([first.code, first.stderr]).toEqual([0, ''])
    const second = await serving('--store w1 --log log.vkey', async (url) => {
      const forged = await open(url)
      await forged.append({ ...event, action: 'delete' })
      await forged.checkpoint()
      expect(forged.health().failure).toBe('PHI_AUDIT_WITNESS_FORK')
      await forged.close()
      const other = await serving('--store w1 --log log.vkey', async () => {})
      expect([other.code, other.stdout.includes('PHI_AUDIT_WITNESS_LOCKED')]).toEqual([4, true])
    })
    expect(second.code).toBe(0)
  })

  it('believes no witness that publishes something else', async () => {
    let body = ''
    const server = createServer((_, response) => response.writeHead(body === '' ? 500 : 200).end(body))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const status = () => witness(`status ${url} --log log.vkey --witness w1.vkey`)
    expect([(await status()).code, (await status()).stderr.includes('PHI_CLI_CONNECT')]).toEqual([4, true])
    const log = await openAuditLog({ origin, store: memoryStore(), signer })
    await log.append({ action: 'read', outcome: 'success', actor: { id: 'u-1', type: 'workforce' } })
    const note = await log.checkpoint()
    const foreign = await openAuditLog({ origin, store: memoryStore(), signer: stranger })
    for (const [text, words] of [
      [note, 'does not bear its own cosignature'],
      [await foreign.checkpoint(), 'no checkpoint that the log has signed'],
      [note.replace(origin, 'other.example/audit'), 'of another log'],
      ['rubbish', 'no checkpoint'],
    ] as const) {
      body = text
      const { code, stdout } = await status()
      expect([code, stdout.includes(words)]).toEqual([1, true])
    }
    body = 'x'.repeat(1_100_000)
    expect((await status()).stderr).toContain('its answer is too long')
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    expect((await status()).stderr).toContain('the witness did not answer')
    await log.close()
    await foreign.close()
  })

  it('writes a policy, witness by witness', async () => {
    const others = await Promise.all([1, 2].map((n) => ed25519Cosigner.generate(`witness.example/o${n}`)))
    expect((await witness('add p.policy --name w1 --witness w1.vkey')).code).toBe(2)
    const { code, stdout } = await witness('add p.policy --name w1 --witness w1.vkey --url https://witness.example --quorum 1')
    expect([code, stdout]).toEqual([0, 'Written: a policy of 1 witness; its quorum is quorum.\n'])
    const kept = await witness(`add p.policy --name o1 --witness ${others[0]?.vkey}`)
    expect(kept.stdout).toContain('The quorum is as it was')
    expect((await witness(`add p.policy --name o2 --witness ${others[1]?.vkey} --quorum 2`)).code).toBe(0)
    const policy = parseWitnessPolicy(await readFile(join(dir.path, 'p.policy'), 'utf8'))
    expect([policy.witnesses.map(({ name }) => name), policy.groups[0]?.threshold, policy.groups[0]?.members]).toEqual([
      ['w1', 'o1', 'o2'],
      2,
      ['w1', 'o1', 'o2'],
    ])
    for (const [line, expected] of [
      [`add p.policy --name w1 --witness ${stranger.vkey}`, 'PHI_AUDIT_WITNESS_POLICY'],
      ['add p.policy --name w2 --witness w1.vkey', 'PHI_AUDIT_WITNESS_POLICY'],
      ['add log.vkey --name w2 --witness w1.vkey', 'PHI_AUDIT_WITNESS_POLICY'],
      [`add p.policy --name w2 --witness ${cosigner.vkey.replace('w1', 'w2')}`, 'PHI_AUDIT_WITNESS_POLICY'],
      ['add p.policy --name w2 --witness gone', 'PHI_CLI_FILE'],
    ] as const)
      expect([line, (await witness(line)).stderr.trimEnd().split('\n').at(-1)]).toEqual([line, expected])
  })

  it('refuses to serve without a key, a log, or an address that is free', async () => {
    for (const [line, exit, words] of [
      ['serve --store w2 --key-from NOTHING --log log.vkey', 4, '--key-from'],
      ['serve --store w2 --key-from KEY', 2, '--log'],
      ['serve --store w2 --key-from KEY --log log.vkey --listen nowhere', 2, '--listen'],
      ['serve --store w2 --key-from KEY --log log.vkey --prefix w1/', 2, '--prefix'],
      ['serve --store w2 --key-from KEY --log w1.vkey', 4, 'PHI_AUDIT_VKEY'],
      ['serve --store log.vkey --key-from KEY --log log.vkey', 4, 'PHI_AUDIT_WITNESS_IO'],
      ['status nowhere --log log.vkey --witness w1.vkey', 2, '<url>'],
      ['status file:///etc/passwd --log log.vkey --witness w1.vkey', 2, '<url>'],
    ] as const) {
      const { code, stderr } = await witness(line, { env })
      expect([line, code, stderr.includes(words)]).toEqual([line, exit, true])
    }
    const wrong = await witness('serve --store w2 --key-from KEY --log log.vkey', { env: { KEY: 'PRIVATE+KEY+rubbish' } })
    expect([wrong.code, wrong.stderr.includes('rubbish')]).toEqual([4, false])
    await serving('--store w3 --log log.vkey', async (url) => {
      const { host } = new URL(url)
      const taken = await witness(`serve --store w4 --key-from KEY --log log.vkey --listen ${host}`, { env })
      expect([taken.code, taken.stderr.includes('the address is taken')]).toEqual([4, true])
    })
  })

  it('reads addresses with and without a host', () => {
    expect([listenOf('8788'), listenOf('[::1]:1'), listenOf('w.example:443')]).toEqual([
      { host: '127.0.0.1', port: 8788 },
      { host: '::1', port: 1 },
      { host: 'w.example', port: 443 },
    ])
    for (const text of ['', ':', '70000', 'a:b:1', '::1:1']) expect(() => listenOf(text)).toThrow('--listen')
  })
})
