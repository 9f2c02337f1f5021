import type { ResumePoint, Sealer, VerificationReport, Verifier, VerifyOptions } from '@phi/audit'
import type { AccountingProofFinding } from '@phi/audit/disclosures'
import type { WitnessPolicy } from '@phi/audit/witness'
import { isPhiError } from '@phi/core'
import type { Configured } from '../../config.ts'
import { databaseTarget } from '../../database.ts'
import { MAX_WHOLE_FILE, readWhole } from '../../files.ts'
import type { Input } from '../../input.ts'
import { blocking, type Io } from '../../io.ts'
import { linesOf } from './lines.ts'
import { logKeyOf, withStore } from './log.ts'
import { type Resume, resumeFor } from './resume.ts'
import { withSealer } from './sealer.ts'
import { type Source, type SourceKind, wholeText } from './source.ts'
import { until } from './stop.ts'

/** What the report has to be held against, whatever the source. */
export interface Demands {
  readonly keys: readonly (string | Verifier)[]
  readonly trusted: readonly string[]
  readonly now: number
  readonly maxFindings: number
  readonly maxAgeMs?: number
  readonly witnesses?: WitnessPolicy
  readonly maxCosignatureAgeMs?: number
}

export type Watch = Required<Pick<VerifyOptions, 'onProgress' | 'signal'>>

/** One finding, of a log or of an accounting. */
export type AnyFinding = VerificationReport['findings'][number] | AccountingProofFinding

/** What was found, and in what. */
export interface Checked {
  readonly kind: SourceKind
  readonly origin?: string
  readonly verdict: VerificationReport['verdict']
  readonly coverage: Readonly<Record<string, number>>
  readonly freshness?: VerificationReport['freshness']
  readonly findings: readonly AnyFinding[]
  readonly findingsDropped: number
  readonly resume?: ResumePoint
}

type LogReport = VerificationReport & { readonly resume?: ResumePoint }

const checkedOf = (kind: SourceKind, origin: string | undefined, report: LogReport): Checked => ({
  kind,
  ...(origin === undefined ? {} : { origin }),
  ...report,
  coverage: { ...report.coverage },
})

/** A log in the database: in a thread of its own where a server holds it, so that progress and Ctrl-C are not held up. */
export async function checkDatabase(
  io: Io,
  input: Input,
  configured: Configured,
  demands: Demands,
  resume: Resume | undefined,
  watch: Watch,
): Promise<Checked> {
  const key = logKeyOf(input, configured)
  const from = resumeFor(resume, key.origin)
  const { keys, witnesses, ...rest } = demands
  const isPlain = keys.every((each) => typeof each === 'string')
  const opensSealed = configured.config.envelope !== undefined && !input.flag('withoutKeys')
  if (io.database === undefined && io.auditStore === undefined && isPlain && !opensSealed) {
    const target = databaseTarget(io, input, configured)
    if ('url' in target) {
      const { verifyInWorker } = await import('@phi/postgres')
      const { formatWitnessPolicy } = await import('@phi/audit/witness')
      const report = await verifyInWorker({
        ...rest,
        ...from,
        ...watch,
        ...key,
        keys: keys as readonly string[],
        ...(witnesses === undefined ? {} : { witnesses: formatWitnessPolicy(witnesses) }),
        connection: target.url,
        connect: { allowInsecure: input.flag('allowInsecure') },
        store: { role: input.text('role') === 'phi_auditor' ? 'phi_auditor' : 'phi_app' },
      })
      return checkedOf('database', key.origin, report)
    }
  }
  return withStore(io, input, configured, async (store, log, inside) => {
    const { verifyLog } = await import('@phi/audit')
    const check = (sealer: Sealer | undefined) =>
      verifyLog(store as Parameters<typeof verifyLog>[0], log, {
        ...demands,
        ...from,
        ...watch,
        ...(sealer === undefined ? {} : { sealer }),
      })
    const report = opensSealed ? await withSealer(inside, input, configured, log, check) : await check(undefined)
    return checkedOf('database', key.origin, report)
  })
}

/** A file, a folder or a stream. */
export async function checkSource(
  io: Io,
  input: Input,
  source: Source,
  demands: Demands,
  resume: Resume | undefined,
  watch: Watch,
): Promise<Checked> {
  const { trusted: _trusted, maxAgeMs: _maxAgeMs, ...offline } = demands
  switch (source.kind) {
    case 'tiles':
      return checkTiles(source.directory, input.text('origin'), demands, resume, watch)
    case 'lines': {
      const { verifyLines } = await import('@phi/audit')
      const origin = originOf(source.head)
      const from = resumeFor(resume, origin ?? '')
      const lines = until(watch.signal, linesOf(source.bytes, '<source>'))
      const report = await verifyLines(lines, { ...demands, ...from, onProgress: watch.onProgress })
      return checkedOf('lines', origin, report)
    }
    case 'bundle': {
      const { readBundle, verifyBundle } = await import('@phi/audit')
      const text = await wholeText(source.bytes, MAX_WHOLE_FILE)
      const bundle = blocking(io, () => readBundle(text))
      const report = blocking(io, () => verifyBundle(bundle, offline))
      return checkedOf('bundle', await originOfNote(bundle.checkpoint), report)
    }
    case 'accounting':
      return checkAccounting(io, await wholeText(source.bytes, MAX_WHOLE_FILE), demands)
    case 'proof': {
      const leafPath = input.needed('leaf')
      const { parseTlogProof, verifyTlogProof } = await import('@phi/audit')
      const proof = await wholeText(source.bytes, MAX_WHOLE_FILE)
      const leaf = await readWhole(io, leafPath, '--leaf')
      const origin = input.text('origin')
      const report = verifyTlogProof({ proof, leaf, ...offline, ...(origin === undefined ? {} : { origin }) })
      return checkedOf('proof', await originOfNote(parseTlogProof(proof).checkpoint), report)
    }
  }
}

/** The log's name, of a first line that says it. A line that is none is the verifier's to refuse. */
function originOf(head: string): string | undefined {
  try {
    const { origin } = JSON.parse(head.split('\n', 1)[0] ?? '') as { origin?: unknown }
    return typeof origin === 'string' ? origin : undefined
  } catch {
    return undefined
  }
}

/** The log's name, of a checkpoint that says it. */
async function originOfNote(note: string): Promise<string | undefined> {
  const { parseCheckpoint, parseNote } = await import('@phi/audit/note')
  try {
    return parseCheckpoint(parseNote(note).text).origin
  } catch (error) {
    if (isPhiError(error)) return undefined
    throw error
  }
}

/** What was asked about is one log: the source of another is no answer about it, however intact. */
export async function heldToOrigin(checked: Checked, origin: string | undefined): Promise<Checked> {
  if (origin === undefined || origin === checked.origin || checked.verdict === 'broken') return checked
  // Not named, or named by nobody who could be checked: then it is not known which log it is.
  if (checked.origin === undefined) return checked.verdict === 'intact' ? { ...checked, verdict: 'unverifiable' } : checked
  const { findingKinds } = await import('@phi/audit')
  const finding = { code: 'wrong-origin', ...findingKinds['wrong-origin'] } as const
  return { ...checked, verdict: 'broken', findings: [finding, ...checked.findings] }
}

/** What keeps tiles from being opened is as much a finding as what is found in them: the checkpoint is part of what is verified. */
const opening = {
  PHI_AUDIT_NOTE_SIGNATURE: 'bad-signature',
  PHI_AUDIT_NOTE_MALFORMED: 'malformed-checkpoint',
  PHI_AUDIT_CHECKPOINT: 'malformed-checkpoint',
  PHI_AUDIT_TILES_CHECKPOINT: 'wrong-origin',
  PHI_AUDIT_TILES_HISTORY: 'rewritten-history',
  PHI_AUDIT_TILES_DAMAGED: 'altered-tile',
  PHI_AUDIT_TILES_MISSING: 'missing-tiles',
} as const

async function checkTiles(
  directory: string,
  origin: string | undefined,
  demands: Demands,
  resume: Resume | undefined,
  watch: Watch,
): Promise<Checked> {
  const { keys, trusted, ...rest } = demands
  const { openTiles } = await import('@phi/audit/tiles')
  const { directoryTiles } = await import('@phi/audit/tiles/node')
  const read = directoryTiles(directory)
  let tiles: Awaited<ReturnType<typeof openTiles>>
  try {
    tiles = await openTiles({ read, keys, trusted, ...(origin === undefined ? {} : { origin }) })
  } catch (error) {
    return unopened(error, keys.length, origin)
  }
  const report = await tiles.verify({ ...rest, ...resumeFor(resume, tiles.origin), ...watch })
  return checkedOf('tiles', tiles.origin, report)
}

async function unopened(error: unknown, keys: number, origin: string | undefined): Promise<Checked> {
  if (!isPhiError(error)) throw error
  const { findingKinds } = await import('@phi/audit')
  const isUnknown = error.code === 'PHI_AUDIT_NOTE_UNVERIFIED'
  const code = isUnknown ? (keys === 0 ? 'no-keys' : 'unanchored') : opening[error.code as keyof typeof opening]
  if (code === undefined) throw error
  const { severity, meaning } = findingKinds[code]
  return {
    kind: 'tiles',
    ...(origin === undefined ? {} : { origin }),
    verdict: isUnknown ? 'unverifiable' : 'broken',
    coverage: { from: 0, to: 0, checked: 0, anchoredTo: 0, unanchoredTail: 0, withheld: 0 },
    findings: [{ code, severity, meaning }],
    findingsDropped: 0,
  }
}

const worse = (a: VerificationReport['verdict'], b: VerificationReport['verdict']): VerificationReport['verdict'] =>
  [a, b].includes('broken') ? 'broken' : [a, b].includes('unverifiable') ? 'unverifiable' : 'intact'

/** An accounting of disclosures. Where witnesses are asked for, its evidence is held to that as well. */
async function checkAccounting(
  io: Io,
  text: string,
  { keys, now, witnesses, maxCosignatureAgeMs, maxFindings }: Demands,
): Promise<Checked> {
  const { readAccountingPackage, verifyAccounting } = await import('@phi/audit/disclosures')
  const { verifyBundle } = await import('@phi/audit')
  const report = blocking(io, () => verifyAccounting(text, { keys }))
  const { lines, proved, provedWithoutSubject, provedByContributor, stated } = report.coverage
  const witnessed =
    witnesses === undefined
      ? undefined
      : verifyBundle(readAccountingPackage(text).evidence, {
          keys,
          now,
          witnesses,
          ...(maxCosignatureAgeMs === undefined ? {} : { maxCosignatureAgeMs }),
        })
  const findings: AnyFinding[] = [...report.findings, ...(witnessed?.findings ?? [])]
  return {
    kind: 'accounting',
    ...(report.origin === undefined ? {} : { origin: report.origin }),
    verdict: witnessed === undefined ? report.verdict : worse(report.verdict, witnessed.verdict),
    coverage: { lines, proved, provedWithoutSubject, provedByContributor, stated },
    freshness: report.evidence.freshness,
    findings: findings.slice(0, maxFindings),
    findingsDropped: Math.max(0, findings.length - maxFindings),
  }
}
