import { mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type EvidenceBundle, findingKinds, type VerificationReport, verifyBundle, verifyLines } from '@phi/audit'
import { accountingOfDisclosures } from '@phi/audit/disclosures'
import { directorySink } from '@phi/audit/tiles/node'
import { ed25519Cosigner, formatWitnessPolicy, witnessPolicy } from '@phi/audit/witness'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { by, folder, joined, memoryLog, origin, signer, stranger } from '../../../test/audit/world.ts'
import { phi, type RunOptions } from '../../../test/io.ts'

let dir: Awaited<ReturnType<typeof folder>>
let lines: string
let bundle: EvidenceBundle
let early: string
const verify = (rest: string, options: RunOptions = {}) => phi(`audit verify ${rest}`, { cwd: dir.path, ...options })

beforeAll(async () => {
  dir = await folder()
  const { log, store } = await memoryLog()
  early = await log.checkpoint()
  bundle = await log.evidence({ indices: [3, 11], disclose: ['event', 'actor'], by })
  const answer = await accountingOfDisclosures(log, {
    request: {
      patient: { id: 'p-1' },
      entity: { name: 'Example Clinic', responsible: 'Privacy Office' },
      requestedOn: '2026-11-22',
      preparedOn: '2026-11-22',
      timeZone: 'America/Chicago',
    },
    by,
  })
  if (answer.status !== 'ready') throw new Error('the accounting needs review')
  lines = await joined(log.exportLines({ by }))
  await log.exportTiles({ to: directorySink(join(dir.path, 'public')), by })
  const proof = await log.tlogProof(11)
  let leaf = ''
  for await (const [entry] of store.read({ tenant: 'default', origin }, { from: 11, to: 12 })) leaf = entry?.leaf ?? ''
  await dir.write('log.vkey', `# the clinic's log\n${signer.vkey}\n`)
  await dir.write('stranger.vkey', stranger.vkey)
  await dir.write('checkpoint.txt', early)
  await dir.write('log.phi-audit.jsonl', lines)
  await dir.write('evidence.json', JSON.stringify(bundle))
  await dir.write('pretty.json', JSON.stringify(bundle, null, 2))
  await dir.write('accounting.json', JSON.stringify(answer.package))
  await dir.write('11.tlog-proof', proof)
  await dir.write('11.leaf', leaf)
  await log.close()
})
afterAll(() => dir.remove())

const answered = (stdout: string) =>
  JSON.parse(stdout) as VerificationReport & { kind: string; origin?: string; resumeSaved?: boolean }
const codes = (stdout: string) => answered(stdout).findings.map(({ code }) => code)

describe('phi audit verify', () => {
  it('S145 says of a whole log in lines that it is intact, and what that covers', async () => {
    const { code, stdout, stderr } = await verify('log.phi-audit.jsonl --key log.vkey --trusted checkpoint.txt')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatchInlineSnapshot(`
      "Intact: what was checked is, word for word, what was signed.

        log      clinic.example/audit
        checked  41 entries, from 0 up to 40
        signed   those below 41
        newest   2026-11-21T12:37:00.000Z, 23 hours ago
        key      clinic.example/audit+ce7ba527, by --key
      "
    `)
  })

  it.each([
    ['a bundle', 'evidence.json', 'bundle'],
    ['a bundle over several lines', 'pretty.json', 'bundle'],
    ['lines', 'log.phi-audit.jsonl', 'lines'],
    ['a folder of tiles', 'public', 'tiles'],
    ['a proof of one entry', '11.tlog-proof --leaf 11.leaf', 'proof'],
    ['an accounting of disclosures', 'accounting.json', 'accounting'],
  ])('S113 knows %s by its content, and finds it intact', async (_, source, kind) => {
    const { code, stdout } = await verify(`${source} --key ${signer.vkey} --json`)
    expect([code, answered(stdout).kind, answered(stdout).verdict]).toEqual([0, kind, 'intact'])
    // Said to be what it is, the answer is the same.
    expect((await verify(`${source} --kind ${kind} --key log.vkey --json`)).stdout).toBe(stdout)
  })

  it('says what the library says, word for word', async () => {
    const now = Date.parse('2026-11-22T12:00:00.000Z')
    const ofLines = await verifyLines(lines.split('\n').slice(0, -1), { keys: [signer.vkey], now })
    const { resume: _, ...report } = ofLines
    const { kind, origin: named, ...said } = answered((await verify('log.phi-audit.jsonl --key log.vkey --json')).stdout)
    const keys = { from: '--key', ids: [signer.vkey.split('+', 2).join('+')] }
    expect({ ...said, kind, named }).toEqual({ ...report, kind: 'lines', named: origin, keys })
    const ofBundle = answered((await verify('evidence.json --key log.vkey --json')).stdout)
    expect(ofBundle).toEqual({ kind: 'bundle', origin, keys, ...verifyBundle(bundle, { keys: [signer.vkey], now }) })
  })

  it('S145 says whose key an answer rests on: a configuration can have come with the evidence', async () => {
    const ids = (vkey: string) => vkey.split('+', 2).join('+')
    await mkdir(join(dir.path, 'handed'), { recursive: true })
    await dir.write('handed/phi.config.json', JSON.stringify({ audit: { origin, keys: [stranger.vkey, signer.vkey] } }))
    const { stdout } = await verify('../evidence.json', { cwd: join(dir.path, 'handed') })
    expect(stdout).toContain(
      `  key       ${ids(stranger.vkey)}, by phi.config.json\n            ${ids(signer.vkey)}, by phi.config.json\n`,
    )
    const without = await verify('evidence.json')
    expect([without.code, without.stdout.includes('key       none was given')]).toEqual([3, true])
    expect(JSON.parse((await verify('evidence.json --json')).stdout)).toMatchObject({ keys: null })
  })

  it('S145 names the entry and the group that were altered, in words, as SARIF and in colour', async () => {
    const altered = lines.replace(String.raw`\"action\":\"read\"`, String.raw`\"action\":\"edit\"`)
    expect(altered).not.toBe(lines)
    await dir.write('altered.jsonl', altered)
    const { code, stdout } = await verify('altered.jsonl --key log.vkey')
    expect(code).toBe(1)
    expect(stdout).toMatchInlineSnapshot(`
      "Broken: something was changed, removed, added, moved or forged.

        log      clinic.example/audit
        checked  41 entries, from 0 up to 40
        signed   those below 41
        newest   2026-11-21T12:37:00.000Z, 23 hours ago
        key      clinic.example/audit+ce7ba527, by --key

      Findings
        break    altered-group  entry 0, event
                 This part of the entry does not say what was recorded: its text or
                 its salt was changed afterwards.
      "
    `)
    const coloured = await verify('altered.jsonl --key log.vkey', { terminal: true })
    expect(coloured.stdout.split('\n')[0]).toMatchInlineSnapshot(
      `"[31mBroken: something was changed, removed, added, moved or forged.[39m"`,
    )
    const sarif = JSON.parse((await verify('altered.jsonl --key log.vkey --format sarif')).stdout) as {
      runs: { results: unknown[] }[]
    }
    expect(sarif.runs[0]?.results).toMatchInlineSnapshot(`
      [
        {
          "level": "error",
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "altered.jsonl",
                },
                "region": {
                  "startLine": 2,
                },
              },
            },
          ],
          "message": {
            "text": "entry 0, event: This part of the entry does not say what was recorded: its text or its salt was changed afterwards.",
          },
          "ruleId": "altered-group",
          "ruleIndex": 0,
        },
      ]
    `)
  })

  it('S145 finds any one bit that is changed in the lines, or cannot confirm them', async () => {
    const bytes = Buffer.from(lines)
    const source = fc.record({ at: fc.nat(bytes.length - 1), bit: fc.nat(7) })
    await fc.assert(
      fc.asyncProperty(source, async ({ at, bit }) => {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] as number) ^ (1 << bit)
        const { code } = await verify('- --kind lines --key log.vkey', { stdin: changed })
        expect([1, 3, 4]).toContain(code)
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 500 : 25, seed: 9 },
    )
  })

  it('reads lines from standard input in pieces of any size, as from a file', async () => {
    const whole = await verify('log.phi-audit.jsonl --key log.vkey --json')
    const bytes = Buffer.from(lines)
    async function* pieces() {
      for (let at = 0; at < bytes.length; at += 777) yield bytes.subarray(at, at + 777)
    }
    expect((await verify('- --key log.vkey --json', { stdin: pieces() })).stdout).toBe(whole.stdout)
    // A text that came over Windows.
    expect((await verify('- --key log.vkey --json', { stdin: lines.replaceAll('\n', '\r\n') })).stdout).toBe(whole.stdout)
  })

  it('never says intact where a key is missing, wrong, or signs another log', async () => {
    for (const source of [
      'log.phi-audit.jsonl',
      'evidence.json',
      'public',
      '11.tlog-proof --leaf 11.leaf',
      'accounting.json',
    ]) {
      const without = await verify(`${source} --json`)
      expect([source, without.code, answered(without.stdout).verdict]).toEqual([source, 3, 'unverifiable'])
      const wrong = await verify(`${source} --key stranger.vkey --json`)
      expect([source, wrong.code, answered(wrong.stdout).verdict]).toEqual([source, 3, 'unverifiable'])
    }
    expect(codes((await verify('public --json')).stdout)).toEqual(['no-keys'])
  })

  it('takes keys and witnesses of the configuration', async () => {
    const cosigner = await ed25519Cosigner.generate('witness.example/w1')
    const policy = witnessPolicy({ witnesses: [{ name: 'w1', vkey: cosigner.vkey }], quorum: 1 })
    await mkdir(join(dir.path, 'deep/er'), { recursive: true })
    await dir.write('deep/phi.config.json', JSON.stringify({ audit: { origin, keys: [signer.vkey], witnesses: 'policy.txt' } }))
    await dir.write('deep/policy.txt', formatWitnessPolicy(policy))
    for (const source of ['log.phi-audit.jsonl', 'evidence.json', 'public', 'accounting.json']) {
      const { code, stdout } = await verify(`../../${source} --json`, { cwd: join(dir.path, 'deep/er') })
      expect([source, code]).toEqual([source, 3])
      expect(codes(stdout)).toContain('not-witnessed')
    }
  })

  it('S145 finds a log that was cut back, by a checkpoint that was kept elsewhere', async () => {
    const all = lines.split('\n')
    await dir.write('newest.txt', (JSON.parse(all.at(-2) as string) as { checkpoint: string }).checkpoint)
    const short = [
      `{"format":"phi.audit/log@v1","origin":"${origin}","size":37}`,
      ...all.slice(1, 38),
      JSON.stringify({ checkpoint: early }),
    ]
    await dir.write('short.jsonl', `${short.join('\n')}\n`)
    expect((await verify('short.jsonl --key log.vkey')).code).toBe(0)
    const { code, stdout } = await verify('short.jsonl --key log.vkey --trusted newest.txt --json')
    expect([code, codes(stdout)]).toEqual([1, ['truncated-tail']])
  })

  it('S145 finds tiles whose signature was changed, whose files are gone, or which contradict what was kept', async () => {
    const at = join(dir.path, 'public/checkpoint')
    const note = await readFile(at, 'utf8')
    const swapped = note.replace(/(— \S+ \S{20})(.)/, (_, head: string, letter: string) => head + (letter === 'A' ? 'B' : 'A'))
    await writeFile(at, swapped)
    expect(codes((await verify('public --key log.vkey --json')).stdout)).toEqual(['bad-signature'])
    await writeFile(at, 'nothing of the kind')
    expect(codes((await verify('public --key log.vkey --json')).stdout)).toEqual(['malformed-checkpoint'])
    await writeFile(at, note)
    expect((await verify('public --key log.vkey --trusted checkpoint.txt')).code).toBe(0)
  })

  it('holds every source to the log that was asked about', async () => {
    for (const source of [
      'log.phi-audit.jsonl',
      'evidence.json',
      'public',
      '11.tlog-proof --leaf 11.leaf',
      'accounting.json',
    ]) {
      expect((await verify(`${source} --key log.vkey --origin ${origin}`)).code).toBe(0)
      const { code, stdout } = await verify(`${source} --key log.vkey --origin other.example/audit --json`)
      expect([source, code, codes(stdout).includes('wrong-origin')]).toEqual([source, 1, true])
    }
    // Without a key nobody knows whose accounting it is.
    expect((await verify('accounting.json --origin other.example/audit')).code).toBe(3)
  })

  it('goes on from where an earlier run ended, and holds the next one against it', async () => {
    const first = await verify('log.phi-audit.jsonl --key log.vkey --save-resume resume.json --json')
    expect([first.code, answered(first.stdout).resumeSaved]).toEqual([0, true])
    const again = await verify('log.phi-audit.jsonl --key log.vkey --resume resume.json --json')
    // Nothing new: there was nothing to check, which is not the same as intact.
    expect([again.code, codes(again.stdout)]).toEqual([3, ['empty']])
    const rolledBack = await verify('short.jsonl --key log.vkey --resume resume.json --json')
    expect([rolledBack.code, codes(rolledBack.stdout)]).toEqual([1, ['rollback', 'empty']])
    const broken = await verify('altered.jsonl --key log.vkey --save-resume other.json --json')
    expect(answered(broken.stdout).resumeSaved).toBe(false)
    await expect(readFile(join(dir.path, 'other.json'))).rejects.toThrow()
    await dir.write('foreign.json', (await readFile(join(dir.path, 'resume.json'), 'utf8')).replace(origin, 'other.example/a'))
    expect((await verify('log.phi-audit.jsonl --key log.vkey --resume foreign.json')).stderr).toContain('it is of another log')
  })

  it('makes a log that is older than allowed a finding, though nothing of it was changed', async () => {
    expect((await verify('log.phi-audit.jsonl --key log.vkey --max-age 48')).code).toBe(0)
    const { code, stdout } = await verify('log.phi-audit.jsonl --key log.vkey --max-age 1')
    expect(code).toBe(1)
    expect(stdout.split('\n')[0]).toBe('Intact, and out of date: the newest entry is older than allowed.')
  })

  it('refuses what was asked for and does not apply, before anything is said', async () => {
    for (const line of [
      'evidence.json --trusted checkpoint.txt',
      'evidence.json --max-age 3',
      '11.tlog-proof --leaf 11.leaf --resume resume.json',
      'log.phi-audit.jsonl --leaf 11.leaf',
      'log.phi-audit.jsonl --embedded data',
      'evidence.json --tenant clinic-a',
      'log.phi-audit.jsonl --kind database',
      '--kind bundle',
      '--leaf 11.leaf',
      'evidence.json --findings 0',
      'evidence.json --kind letter',
      '11.tlog-proof',
    ]) {
      const { code, stdout } = await verify(line)
      expect([line, code, stdout]).toEqual([line, 2, ''])
    }
  })

  it.each([
    ['a file that is not there', 'gone.jsonl', 'PHI_CLI_FILE'],
    ['a path through a file', 'log.vkey/deeper', 'PHI_CLI_FILE'],
    ['a folder that is no tiles', 'deep', 'PHI_CLI_FILE_CONTENT'],
    ['a folder for a file', 'public --kind lines', 'PHI_CLI_FILE_CONTENT'],
    ['a file for a folder', 'evidence.json --kind tiles', 'PHI_CLI_FILE_CONTENT'],
    ['bytes that are nothing', 'garbage.bin', 'PHI_CLI_FILE_CONTENT'],
    ['bytes said to be lines', 'garbage.bin --kind lines', 'PHI_AUDIT_FORMAT'],
    ['bytes said to be a bundle', 'garbage.bin --kind bundle', 'PHI_CLI_FILE_CONTENT'],
    ['half a bundle', 'half.json', 'PHI_AUDIT_FORMAT'],
    ['an empty file', 'empty', 'PHI_CLI_FILE_CONTENT'],
    ['an empty file said to be lines', 'empty --kind lines', 'PHI_AUDIT_FORMAT'],
    ['a log for a key', 'evidence.json --key log.phi-audit.jsonl', 'PHI_CLI_FILE_CONTENT'],
    [
      'a key with a wrong id',
      `evidence.json --key ${origin}+00000000+${signer.vkey.split('+').slice(2).join('+')}`,
      'PHI_AUDIT_VKEY',
    ],
    ['a key for a policy', 'evidence.json --key log.vkey --witnesses log.vkey', 'PHI_AUDIT_WITNESS_POLICY'],
    ['a log for a resume point', 'log.phi-audit.jsonl --resume evidence.json', 'PHI_CLI_FILE_CONTENT'],
    ['a proof without its end', 'half.tlog-proof --leaf 11.leaf', 'PHI_AUDIT_TLOG_PROOF'],
  ])('refuses %s with an error of its own, and shows nothing of it', async (_, line, expected) => {
    await dir.write('garbage.bin', Buffer.from([0, 255, 254, 7, 200, 10, 13, 0]))
    await dir.write('half.json', JSON.stringify(bundle).slice(0, 700))
    await dir.write('empty', '')
    await dir.write('half.tlog-proof', (await readFile(join(dir.path, '11.tlog-proof'), 'utf8')).slice(0, 90))
    const { code, stdout, stderr } = await verify(line)
    expect([code, stdout, stderr.trimEnd().split('\n').at(-1)]).toEqual([4, '', expected])
    expect(stderr).not.toMatch(/p-1|u-1\d|session of the day/)
    const { error } = JSON.parse((await verify(`${line} --json`)).stdout) as { error: { code: string } }
    expect(error.code).toBe(expected)
  })

  it('does not take a line without an end into memory', async () => {
    let given = 0
    async function* endless() {
      yield Buffer.from(`${lines.split('\n', 1)[0]}\n`)
      for (; given < 100; given++) yield Buffer.alloc(1_048_576, 0x61)
    }
    const { code, stderr } = await verify('- --key log.vkey', { stdin: endless() })
    expect([code, stderr.includes('a line is too long')]).toEqual([4, true])
    expect(given).toBeLessThan(20)
  })

  it('reads a sparse file of 3 GB no further than it has to', async () => {
    const path = join(dir.path, 'sparse.jsonl')
    const file = await open(path, 'w')
    await file.write(`${lines.split('\n', 1)[0]}\n`)
    await file.truncate(3 * 1024 ** 3)
    await file.close()
    expect((await verify('sparse.jsonl --key log.vkey')).stderr).toContain('a line is too long')
    expect((await verify('sparse.jsonl --kind bundle --key log.vkey')).stderr).toContain(
      'larger than a file of this kind may be',
    )
  })

  it('stops at Ctrl-C with what was done, and never with a verdict', async () => {
    const stop = new AbortController()
    const all = lines.split('\n')
    async function* slow() {
      for (const [at, line] of all.entries()) {
        if (at === 20) stop.abort()
        yield Buffer.from(`${line}\n`)
      }
    }
    const { code, stdout } = await verify('- --key log.vkey --json', { stdin: slow(), signal: stop.signal })
    expect([code, JSON.parse(stdout)]).toEqual([130, { interrupted: true, checked: 0 }])
  })

  it('ends quietly where nobody reads the answer', async () => {
    expect(await verify('evidence.json --key log.vkey', { closedAfter: 0 })).toEqual({ code: 130, stdout: '', stderr: '' })
  })

  it('offers every finding that the library knows, at a level of SARIF', () => {
    expect(new Set(Object.values(findingKinds).map(({ severity }) => severity))).toEqual(new Set(['break', 'warn', 'unknown']))
  })

  it.runIf(process.env.PHI_LONG === '1')('verifies 200 MB of lines in memory that does not grow with them', async () => {
    const { memoryStore, openAuditLog } = await import('@phi/audit')
    const big = join(dir.path, 'big.jsonl')
    const log = await openAuditLog({ origin, store: memoryStore(), signer, limits: { timeoutMs: 120_000 } })
    for (let i = 0; i < 160; i++)
      await Promise.all(
        Array.from({ length: 1000 }, (_each, n) =>
          log.append({
            action: 'read',
            outcome: 'success',
            actor: { id: 'u-1', type: 'workforce' },
            subject: { patients: [`p-${n}`] },
            context: { reason: 'x'.repeat(400) },
          }),
        ),
      )
    const file = await open(big, 'w')
    let size = 0
    for await (const line of log.exportLines({ by })) size += (await file.write(line)).bytesWritten
    await file.close()
    await log.close()
    expect(size).toBeGreaterThan(200_000_000)
    let most = 0
    const timer = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers)
    }, 20)
    const { code } = await verify('big.jsonl --key log.vkey')
    clearInterval(timer)
    expect(code).toBe(0)
    expect(most).toBeLessThan(64_000_000)
  })
})
