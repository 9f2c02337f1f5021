import { type AuditLog, memoryStore, openAuditLog } from '@phi/audit'
import { detect, practiceFacts, standardDetectors } from '@phi/audit/detect'
import { writeJsonLines } from '@phi/audit/export'
import { fixedClock } from '@phi/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { began, folder, joined, memoryLog, origin } from '../../../test/audit/world.ts'
import { phi, type RunOptions } from '../../../test/io.ts'

let dir: Awaited<ReturnType<typeof folder>>
let calm: string
let misuse: string
let log: AuditLog
const facts = { timeZone: 'UTC', roles: { rows: [{ role: 'nurse', reach: 'related' as const }] }, relations: { rows: [] } }
const tail = (rest: string, options: RunOptions = {}) => phi(`audit tail ${rest}`, { cwd: dir.path, ...options })

beforeAll(async () => {
  dir = await folder()
  calm = await joined(writeJsonLines((await memoryLog()).log.records()))
  const clock = fixedClock(began)
  log = await openAuditLog({ origin, store: memoryStore(), clock })
  for (let i = 0; i < 120; i++) {
    clock.advance(1000)
    await log.append({
      action: 'read',
      outcome: 'success',
      actor: { id: 'u-17', type: 'workforce', roles: ['nurse'] },
      subject: { patients: [`p-${i}`] },
    })
  }
  misuse = await joined(writeJsonLines(log.records()))
  await dir.write('calm.jsonl', calm)
  await dir.write('misuse.jsonl', misuse)
  await dir.write('facts.json', JSON.stringify(facts))
})
afterAll(() => dir.remove())

describe('phi audit tail, of JSON lines', () => {
  it('ends with a finding where a record does not say what was recorded, and lets none steer the terminal', async () => {
    const [first = ''] = calm.split('\n')
    const record = JSON.parse(first) as { event: { actor?: unknown } }
    const { actor: _, ...event } = record.event
    const altered = JSON.stringify({ ...record, event, altered: ['actor'], genuine: false })
    const ran = await tail('-', { stdin: `${altered}\n` })
    expect([ran.code, ran.stdout.includes('ALTERED actor')]).toEqual([1, true])
    expect(ran.stderr).toContain('phi: 1 record does not say what was recorded')
    const steering = first.replace(/"u-\d+"/, '"u\u009b2J"')
    expect(steering).not.toBe(first)
    const shown = await tail('- --json', { stdin: `${steering}\n` })
    // No record may hold a control character: its reader refuses it, and nothing of it is shown.
    expect([shown.code, `${shown.stdout}${shown.stderr}`.includes('\u009b')]).toEqual([4, false])
  })

  it('S97 shows them a line each, from a file as from standard input', async () => {
    const { code, stdout, stderr } = await tail('calm.jsonl')
    expect([code, stderr, stdout.trimEnd().split('\n').length]).toEqual([0, '', 37])
    expect((await tail('-', { stdin: calm })).stdout).toBe(stdout)
    const coloured = (await tail('calm.jsonl', { terminal: true })).stdout.split('\n')
    expect(coloured[11]).toMatchInlineSnapshot(
      `"[33m    11 2026-11-21T12:12:00Z denied  update   u-12     ProgressNote/n-11 patient…[39m"`,
    )
  })

  it('gives the records again with --json', async () => {
    expect((await tail('- --json', { stdin: calm })).stdout).toBe(`${calm.split('\n').slice(0, -2).join('\n')}\n`)
  })

  it('shows what could steer a terminal by its number', async () => {
    const steering = calm.replace('"u-10"', String.raw`"u\u202e-10"`)
    const { stdout } = await tail('-', { stdin: steering })
    expect(stdout).toContain('u[U+202E]-10')
    expect(stdout).not.toContain('\u202e')
  })

  it('S97 alerts where somebody opens more records than anybody should, as the detectors do', async () => {
    const { code, stdout } = await tail('misuse.jsonl --detect --alerts-only --facts facts.json --json')
    expect(code).toBe(1)
    const said = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { alert: { id: string; revision: number } }).alert)
    const detection = detect({ detectors: standardDetectors(), facts: practiceFacts(facts) })
    const own = []
    for await (const alert of detection.run(log.records())) own.push(alert)
    expect(said).toEqual(JSON.parse(JSON.stringify(own)))
    const text = await tail('misuse.jsonl --detect --alerts-only --facts facts.json')
    expect(text.stderr).toMatch(
      /^phi: 120 records, \d+ alerts?\. Judged nothing, for want of facts or of such records: .*impossible-travel/,
    )
    expect(text.stdout).toMatch(/^ALERT (medium|high|critical) {2}bulk-access/m)
    expect(Math.max(...text.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  })

  it('goes on from its state without saying it again', async () => {
    const [first, second] = [misuse.split('\n').slice(0, 60), misuse.split('\n').slice(60)]
    await tail('- --detect --state state.json --facts facts.json', { stdin: `${first.join('\n')}\n` })
    const { stdout } = await tail('- --detect --alerts-only --state state.json --facts facts.json --json', {
      stdin: second.slice(0, -2).join('\n'),
    })
    for (const line of stdout.trimEnd().split('\n'))
      expect((JSON.parse(line) as { alert: { at: string } }).alert.at > '2026-11-21T12:01:00.000Z').toBe(true)
    const other = await tail('calm.jsonl --detect --state state.json --facts facts.json')
    expect([other.code, other.stderr.includes('PHI_AUDIT_DETECT_ORDER')]).toEqual([4, true])
  })

  it.each([
    ['a file that is not there', 'gone.jsonl', 'PHI_CLI_FILE'],
    ['a file that is none', 'facts.json', 'PHI_AUDIT_EXPORT_FORMAT'],
    ['facts that are none', 'calm.jsonl --detect --facts calm.jsonl', 'PHI_CLI_FILE_CONTENT'],
    ['a state that is none', 'calm.jsonl --detect --state facts.json', 'PHI_AUDIT_DETECT_STATE'],
    ['options of a database', 'calm.jsonl --last 3', 'PHI_CLI_USAGE'],
    ['a pause of nothing', '--every 0', 'PHI_CLI_USAGE'],
    ['two beginnings', '--from 1 --last 3 --origin a', 'PHI_CLI_USAGE'],
  ])('refuses %s', async (_, line, expected) => {
    const { stderr } = await tail(line)
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(expected)
  })

  it('refuses lines that are no records, or no UTF-8, and shows nothing of them', async () => {
    for (const stdin of [Buffer.from([0xff, 0xfe]), `${calm.split('\n')[0]}\n{"secret":"p-77"}\n`]) {
      const { code, stderr } = await tail('-', { stdin })
      expect([code, stderr.includes('p-77')]).toEqual([4, false])
    }
  })

  it('ends quietly where nobody reads on', async () => {
    const { code, stderr } = await tail('calm.jsonl', { closedAfter: 200 })
    expect([code, stderr]).toEqual([130, ''])
  })
})
