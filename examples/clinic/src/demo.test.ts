import { readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { runNode, runnable, runText } from '../../../packages/core/test/run-program.ts'
import { blocksOf } from '../../../packages/core/test/shown-blocks.ts'

const folder = join(dirname(fileURLToPath(import.meta.url)), '..')
const out = join(folder, 'out')

interface Outcome {
  readonly code: number
  readonly output: string
}
const env = { NO_COLOR: '1', FORCE_COLOR: undefined }

/** Runs the program of `npm run demo` in a process of its own. */
async function runDemo(): Promise<Outcome> {
  const main = await runnable(join(folder, 'src/main.ts'))
  const { code, stdout, stderr } = await runNode(main.argv, { cwd: folder, env, timeoutMs: 240_000 })
  await main.remove()
  return { code, output: stdout + stderr }
}

/** What somebody does who has the three files and nothing else. */
const OUTSIDER = `
  import { readFileSync } from 'node:fs'
  import { verifyBundle, verifyLines } from '@phi/audit'
  const [vkey, bundle, lines] = ['log.vkey', 'evidence.phi-audit.json', 'log.phi-audit.jsonl'].map((name) => readFileSync('out/' + name, 'utf8'))
  const keys = [vkey.trim()]
  const entries = lines.split('\\n').slice(0, -1)
  console.log(JSON.stringify({
    bundle: verifyBundle(bundle, { keys }),
    lines: await verifyLines(entries, { keys }),
    cut: await verifyLines(entries.slice(0, -41), { keys }),
    noKey: verifyBundle(bundle, { keys: [] }),
  }))`

type Group = 'event' | 'actor' | 'source' | 'subject' | 'context'
interface Line {
  readonly leaf: string
  readonly open: Readonly<Record<Group, { readonly json: string }>>
}

/** The exported log: its entries, read without our own code. */
function exported() {
  const lines = readFileSync(join(out, 'log.phi-audit.jsonl'), 'utf8').split('\n').slice(1, -2)
  return lines.map((line) => {
    const { leaf, open } = JSON.parse(line) as Line
    const recordedAt = leaf.split('\n')[3] as string
    const group = (name: Group) => JSON.parse(open[name].json) as Record<string, unknown>
    return {
      recordedAt,
      event: group('event'),
      actor: group('actor'),
      source: group('source'),
      subject: group('subject'),
      context: group('context'),
    }
  })
}

describe('the demo', () => {
  let demo: Outcome

  beforeAll(async () => {
    rmSync(out, { recursive: true, force: true })
    demo = await runDemo()
  }, 240_000)

  it('comes out as told, and says so with its exit code', () => {
    expect(demo.output).not.toContain('✗')
    expect(demo.code).toBe(0)
    expect(demo.output).toMatch(/Verdict intact: [\d,]+ entries checked, all under a signature/)
  })

  it('S95: refuses changes, and finds the ones that the owner of the database makes all the same', () => {
    expect(demo.output).toContain('permission denied for table audit_entry')
    expect(demo.output).toContain('the audit log is append-only')
    const [, told] = /Entry ([\d,]+) says that u-therapist-\d\d broke the glass/.exec(demo.output) ?? []
    const [, found] = /altered-group: entry ([\d,]+), group "actor"/.exec(demo.output) ?? []
    expect(found).toBeDefined()
    expect(found).toBe(told)
    expect(demo.output).toMatch(/truncated-tail: entry [\d,]+/)
  })

  it('writes lines of at most 100 columns, without escape codes where there is no terminal', () => {
    const lines = demo.output.split('\n')
    expect(lines.filter((line) => line.length > 100)).toEqual([])
    expect(demo.output).not.toContain('\x1b')
    expect(lines.length).toBeLessThan(100)
  })

  it('leaves evidence that the program of the README verifies as printed', async () => {
    const [program] = blocksOf(readFileSync(join(folder, 'README.md'), 'utf8')).filter(({ language }) => language === 'ts')
    const ended = await runText(program?.code ?? '', join(out, 'readme.mts'), { cwd: out, env })
    expect(ended).toEqual({ stdout: 'intact\n', stderr: '', code: 0 })
  })

  it('leaves files that a fresh process verifies with the public key alone', async () => {
    const { code, stdout, stderr } = await runText(OUTSIDER, join(out, 'outsider.mts'), { cwd: folder, env })
    expect(code, stderr).toBe(0)
    const { bundle, lines, cut, noKey } = JSON.parse(stdout)
    expect(bundle).toMatchObject({ verdict: 'intact', coverage: { checked: 3, withheld: 3 }, findings: [] })
    expect(lines).toMatchObject({
      verdict: 'intact',
      coverage: { from: 0, checked: exported().length, unanchoredTail: 0, withheld: 0 },
    })
    expect(cut.verdict).toBe('broken')
    expect(cut.findings[0].code).toBe('truncated-tail')
    expect(noKey.verdict).toBe('unverifiable')
  })

  it('withholds from the evidence where the requests came from', () => {
    const bundle = JSON.parse(readFileSync(join(out, 'evidence.phi-audit.json'), 'utf8')) as { entries: Line[] }
    for (const { open } of bundle.entries) expect(Object.keys(open).sort()).toEqual(['actor', 'context', 'event', 'subject'])
  })

  it('S123: holds sign-ins, reads, changes, downloads, sent messages and settings', () => {
    const actions = new Set(exported().map(({ event }) => event.action))
    const wanted = ['login', 'login-failed', 'mfa', 'session-expired', 'logout', 'read', 'search', 'create', 'update', 'sign']
    wanted.push('download', 'export', 'print', 'send', 'disclose', 'break-glass', 'review', 'configure', 'grant', 'revoke')
    expect(wanted.filter((action) => !actions.has(action))).toEqual([])
  })

  it('S94, S124: says of every read by staff who, in which role and organization, from where, when, what and with which outcome', () => {
    const reads = exported().filter(({ event, actor }) => event.action === 'read' && actor.organization === 'clinic')
    expect(reads.length).toBeGreaterThan(1000)
    expect(new Set(reads.map(({ event }) => event.outcome))).toEqual(new Set(['success', 'denied']))
    for (const { event, actor, source, subject } of reads) {
      expect(event.occurredAt).toMatch(/^2026-03-04T\d\d:\d\d:\d\d\.\d{3}Z$/)
      expect(actor).toMatchObject({ id: expect.any(String), roles: [expect.any(String)] })
      expect(source).toMatchObject({ ip: expect.any(String), userAgent: expect.any(String) })
      expect(subject.resource).toMatchObject({ type: expect.any(String), id: expect.any(String) })
    }
  })

  it('records an event within the minute in which it happened, and older ones from elsewhere when they arrive', () => {
    const ages = exported().map(({ recordedAt, event }) => Date.parse(recordedAt) - Date.parse(String(event.occurredAt)))
    expect(Math.min(...ages)).toBeGreaterThanOrEqual(0)
    expect(ages.filter((age) => age >= 60_000)).toHaveLength(9)
  })
})
