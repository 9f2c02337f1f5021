import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runFirstProgram } from '../../core/test/readme.ts'
import { auditActions } from './actions.ts'
import * as anchor from './anchor/index.ts'
import * as anchorS3 from './anchor/s3/index.ts'
import { defaultLimits } from './appender.ts'
import * as detect from './detect/index.ts'
import * as disclosures from './disclosures/index.ts'
import { auditErrors } from './errors.ts'
import { auditActorSchema, auditContextSchema, auditEventSchema, auditSourceSchema, auditSubjectSchema } from './event.ts'
import { eventLimits } from './event-limits.ts'
import { MAX_BUNDLE_LENGTH } from './evidence/bundle.ts'
import { MAX_LINE_LENGTH } from './evidence/jsonl.ts'
import * as exporting from './export/index.ts'
import * as fhir from './fhir/index.ts'
import * as forward from './forward/index.ts'
import { groupNames, MAX_GROUP_BYTES } from './group.ts'
import * as root from './index.ts'
import { CLOCK_TOLERANCE_MS } from './link.ts'
import * as merkle from './merkle/index.ts'
import * as mlDsa from './ml-dsa/index.ts'
import * as note from './note/index.ts'
import { settingsOf } from './options.ts'
import * as spool from './spool/index.ts'
import * as store from './store/index.ts'
import * as tiles from './tiles/index.ts'
import * as tilesNode from './tiles/node/index.ts'
import { findingKinds } from './verify/report.ts'
import * as witness from './witness/index.ts'
import * as witnessNode from './witness/node/index.ts'

const home = fileURLToPath(new URL('..', import.meta.url))
const readme = await readFile(`${home}README.md`, 'utf8')

/** The text under a heading, up to the next heading of its level. */
const section = (title: string): string => {
  const [, rest = ''] = readme.split(`\n## ${title}\n`)
  expect(rest, `a section "${title}"`).not.toBe('')
  return rest.split('\n## ')[0] as string
}
const rowsOf = (text: string): string[][] =>
  [...text.matchAll(/^\| (.*) \|$/gm)].map(([, row]) => (row as string).split(' | ')).filter(([cell]) => cell !== '---')
const named = (text: string | undefined): string[] => [...(text ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name as string)
const programs = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([block]) => block)
const promised = (program: string) => [...program.matchAll(/console\.log\(.*\)\s*\/\/ (.*)$/gm)].map(([, value]) => value)
const printed = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => (/^\d+$/.test(line) ? line : `'${line}'`))

describe('the programs of the README', () => {
  it('the first one runs as printed', async () => {
    const { stdout, stderr, code } = await runFirstProgram(`${home}README.md`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(printed(stdout)).toEqual(["'intact'"])
    expect(promised(programs[0] as string)).toEqual(["'intact'"])
  })

  it('one hands over, and the other checks with the files and the public key alone', async () => {
    const folder = `${home}.tmp/readme-${process.pid}`
    await mkdir(folder, { recursive: true })
    try {
      expect(programs).toHaveLength(3)
      for (const program of programs.slice(1)) {
        await writeFile(`${folder}/README.md`, program)
        const { stdout, stderr, code } = await runFirstProgram(`${folder}/README.md`)
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
        const values = promised(program)
        expect(stdout === '' ? [] : printed(stdout)).toEqual(values)
      }
      expect(promised(programs[2] as string).length).toBeGreaterThan(2)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('the tables of the README', () => {
  it('name every finding, with its severity and meaning', () => {
    const rows = rowsOf(section('Verification')).filter(([, severity]) => /^(break|warn|unknown)$/.test(severity as string))
    const kinds = Object.entries(findingKinds).map(([code, { severity, meaning }]) => [`\`${code}\``, severity, meaning])
    expect(rows).toEqual(kinds)
  })

  it.each([
    ['this package', auditErrors, 0],
    ['notes', note.noteErrors, 1],
    ['the Merkle helpers', merkle.merkleErrors, 2],
  ] as const)('name every error of %s, what happened and what to do', (_, catalogue, table) => {
    const text = section('Errors').split('| code | what happened | what to do |')[table + 1]
    const entries: [string, { problem: string; remedy: string; retryable?: boolean }][] = Object.entries(catalogue)
    const wanted = entries.map(([code, { problem, remedy, retryable }]) => [
      `\`${code}\`${retryable === true ? ' ↻' : ''}`,
      `${problem}.`,
      remedy,
    ])
    expect(rowsOf(text as string)).toEqual(wanted)
  })

  it('name every value that is exported', () => {
    const rows = rowsOf(section('What it exports')).slice(1)
    const entries = {
      '': root,
      '/merkle': merkle,
      '/note': note,
      '/store': store,
      '/spool': spool,
      '/witness': witness,
      '/witness/node': witnessNode,
      '/ml-dsa': mlDsa,
      '/tiles': tiles,
      '/tiles/node': tilesNode,
      '/anchor': anchor,
      '/anchor/s3': anchorS3,
      '/export': exporting,
      '/fhir': fhir,
      '/forward': forward,
      '/disclosures': disclosures,
      '/detect': detect,
    }
    const wanted = Object.entries(entries).map(([entry, all]) => [[`@phi/audit${entry}`], Object.keys(all).sort()])
    expect(rows.map(([from, values]) => [named(from), named(values)])).toEqual(wanted)
  })

  it('name every field of the five groups, every action, outcome and actor type', () => {
    const text = section('What an event holds')
    const others = auditEventSchema.pick({ action: true, id: true, occurredAt: true, outcome: true, severity: true })
    const shapes = {
      event: others.shape,
      actor: auditActorSchema.shape,
      source: auditSourceSchema.shape,
      subject: auditSubjectSchema.shape,
      context: auditContextSchema.shape,
    }
    const rows = Object.fromEntries(rowsOf(text).map(([group, fields]) => [named(group)[0], named(fields)]))
    for (const group of groupNames) {
      // In brackets: fields of a field.
      const cell = rowsOf(text)
        .find(([name]) => name === `\`${group}\``)?.[1]
        ?.replace(/\(`.*?\)/, '')
      expect(rows[group]).toBeDefined()
      expect(
        named(cell)
          .map((field) => field.replace('?', ''))
          .sort(),
        group,
      ).toEqual(Object.keys(shapes[group]).sort())
    }
    expect(named(/Actions: (.*?)\./s.exec(text)?.[1])).toEqual([...auditActions])
    expect(named(/Outcomes: (.*?)\./s.exec(text)?.[1])).toEqual(auditEventSchema.shape.outcome.options)
    expect(named(/Actor types: (.*?)\./s.exec(text)?.[1])).toEqual(auditActorSchema.shape.type.options)
  })

  it('state the limits that hold', () => {
    const limits = Object.fromEntries(rowsOf(section('Limits')) as [string, string][])
    const figure = (value: number) => value.toLocaleString('en-US')
    const mebi = (value: number, unit: string) => `${value / 1024 / 1024} ${unit}`
    const { batchEntries, batchBytes, queueEntries, queueBytes, timeoutMs } = defaultLimits
    expect(limits).toMatchObject({
      "a group's canonical JSON": `${figure(MAX_GROUP_BYTES)} bytes`,
      '`subject.patients`': figure(eventLimits.patients),
      'entries, and bytes, in one transaction (`batchEntries`, `batchBytes`)': `${figure(batchEntries)}; about ${mebi(batchBytes, 'MiB')}`,
      'entries, and bytes, that wait in a process (`queueEntries`, `queueBytes`)': `${figure(queueEntries)}; ${mebi(queueBytes, 'MiB')}`,
      'one append in all (`timeoutMs`)': `${figure(timeoutMs)} ms`,
      'clock jitter between machines that is smoothed': `${figure(CLOCK_TOLERANCE_MS)} ms`,
      'a signed note': `${figure(note.MAX_NOTE_LENGTH)} bytes, ${note.MAX_NOTE_SIGNATURES} signatures`,
      'a bundle, as text': mebi(MAX_BUNDLE_LENGTH, 'Mi characters'),
      'a line of a log': mebi(MAX_LINE_LENGTH, 'Mi characters'),
    })
    expect(limits['`context.details`']).toMatch(new RegExp(`^${eventLimits.details} keys; `))
    const text = (length: number) => 'x'.repeat(length)
    const many = (count: number) => Array.from({ length: count }, (_, i) => `${i}`)
    const takes = (more: object) =>
      auditEventSchema.safeParse({ action: 'read', outcome: 'success', actor: { id: 'u', type: 'system' }, ...more }).success
    const bounds: [string, string, (size: number) => object][] = [
      ['`context.details`', 'at most 1,024', (size) => ({ context: { details: { a: text(size) } } })],
      ['identifiers (`actor.id`, `patients`, `resource.id` …)', '256 ', (size) => ({ subject: { patients: [text(size)] } })],
      ['`actor.roles`', '32,', (size) => ({ actor: { id: 'u', type: 'system', roles: many(size) } })],
      ['`actor.roles`', 'at most 64 ', (size) => ({ actor: { id: 'u', type: 'system', roles: [text(size)] } })],
      ['`subject.fields`; `subject.dataClasses`', '256;', (size) => ({ subject: { fields: many(size) } })],
      ['`context.reason` and the texts of `disclosure`', '2,048 ', (size) => ({ context: { reason: text(size) } })],
      ['`source.userAgent`', '1,024 ', (size) => ({ source: { userAgent: text(size) } })],
      ['event id', '128 ', (size) => ({ id: text(size) })],
    ]
    for (const [what, part, event] of bounds) {
      expect(limits[what], what).toContain(part)
      const size = Number(part.replace(/[^0-9]/g, ''))
      expect([takes(event(size)), takes(event(size + 1))], what).toEqual([true, false])
    }
    const { checkpointEntries, checkpointIntervalMs } = settingsOf({ origin: 'x', store: root.memoryStore() })
    expect(section('Checkpoints, and copies kept elsewhere')).toContain(
      `after ${figure(checkpointEntries)} entries or ${checkpointIntervalMs / 1000} seconds by default`,
    )
  })

  it('name the diagnostics channels that speak, and what they say', async () => {
    const rows = rowsOf(section('Appending')).slice(1)
    const heard = new Map<string, string[]>()
    const listeners = rows.map(([channel]) => {
      const [name] = named(channel) as [string]
      const listen = (message: unknown) => void heard.set(name, Object.keys(message as object))
      subscribe(name, listen)
      return () => unsubscribe(name, listen)
    })
    const plain = root.memoryStore()
    const failing = { ...plain, extend: () => Promise.reject(store.auditError('PHI_AUDIT_STORE')) }
    const event = { action: 'read', outcome: 'success', actor: { id: 'u', type: 'system' } } as const
    const log = await root.openAuditLog({ origin: 'a', store: plain, signer: await root.ed25519Signer.generate('a') })
    await log.append(event)
    await log.close()
    const bad = await root.openAuditLog({ origin: 'a', store: failing })
    await expect(bad.append(event)).rejects.toMatchObject({ code: 'PHI_AUDIT_STORE' })
    const { vkey } = await witness.ed25519Cosigner.generate('w')
    const policy = witness.witnessPolicy({ witnesses: [{ name: 'w', vkey, url: 'https://w.example' }], quorum: 1 })
    const witnesses = { policy, fetch: () => Promise.reject(new Error('away')) }
    const watched = await root.openAuditLog({
      origin: 'b',
      store: plain,
      signer: await root.ed25519Signer.generate('b'),
      witnesses,
    })
    await watched.append(event)
    await watched.checkpoint()
    await watched.close()
    for (const stop of listeners) stop()
    expect(heard.size).toBe(4)
    for (const [channel, message] of rows) {
      const [fields] = (message as string).split(':')
      expect(heard.get(named(channel)[0] as string)?.sort()).toEqual(named(fields).sort())
    }
  })
})
