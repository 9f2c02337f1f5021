import type { VerificationReport } from '@phi/audit'
import type { Report } from '../../command.ts'
import type { ExitName } from '../../exit-codes.ts'
import { aligned, amount, counted, span, wrapped } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import type { SarifResult, SarifRule } from '../../sarif.ts'
import type { SourceKind } from './source.ts'
import type { AnyFinding, Checked } from './verify-source.ts'

/** What `--json` answers. */
export interface VerifyAnswer extends Pick<VerificationReport, 'verdict' | 'findingsDropped'> {
  readonly kind: SourceKind
  /** The log's name, where the source says it. */
  readonly origin?: string
  /** The keys that were believed, each by its name and its id, and who gave them. `null`: nobody gave any. */
  readonly keys?: { readonly from: string; readonly ids: readonly string[] } | null
  readonly coverage: Readonly<Record<string, number>>
  readonly freshness?: VerificationReport['freshness']
  readonly findings: readonly unknown[]
  /** Whether `--save-resume` was asked for and could be answered: nothing is gone on from a log that is broken. */
  readonly resumeSaved?: boolean
}

const headlines = {
  intact: 'Intact: what was checked is, word for word, what was signed.',
  broken: 'Broken: something was changed, removed, added, moved or forged.',
  unverifiable: 'Unverifiable: nothing wrong was found, and too little was there to confirm it.',
} as const

const STALE = 'Intact, and out of date: the newest entry is older than allowed.'

const isStale = ({ verdict, findings }: Checked): boolean =>
  verdict === 'intact' && findings.some(({ code }) => code === 'stale')

/** The answer in one sentence. */
export const headlineOf = (checked: Checked): string => (isStale(checked) ? STALE : headlines[checked.verdict])

const levels = { break: 'error', unknown: 'warning', warn: 'note' } as const

/** What an answer says beside what was found. */
export interface VerificationContext {
  readonly now: number
  readonly file?: string
  readonly saved?: boolean
  /** Intact says no more than the keys are worth: a configuration can have come with the file. */
  readonly keys?: NonNullable<VerifyAnswer['keys']> | null
}

/** A whole answer: words, data and SARIF of the same findings. */
export function verificationReport(checked: Checked, about: VerificationContext): Report {
  const { kind, origin, verdict, coverage, freshness, findings, findingsDropped } = checked
  const exit: ExitName =
    verdict === 'broken' ? 'finding' : verdict === 'unverifiable' ? 'unknown' : isStale(checked) ? 'finding' : 'ok'
  const json: VerifyAnswer = {
    kind,
    ...(origin === undefined ? {} : { origin }),
    verdict,
    ...(about.keys === undefined ? {} : { keys: about.keys }),
    coverage,
    ...(freshness === undefined ? {} : { freshness }),
    findings,
    findingsDropped,
    ...(about.saved === undefined ? {} : { resumeSaved: about.saved }),
  }
  return {
    exit,
    json,
    text: (paint, columns) => textOf(checked, about, paint, Math.min(columns, 100)),
    sarif: { rules: rulesOf(findings), results: findings.map((finding) => resultOf(finding, checked, about.file)) },
  }
}

/** The rules that were broken, each once. The whole list stands in the README of @phi/audit. */
function rulesOf(findings: readonly AnyFinding[]): readonly SarifRule[] {
  return [...new Map(findings.map(({ code, meaning }) => [code, { id: code, meaning }])).values()]
}

function resultOf(finding: AnyFinding, { kind }: Checked, file: string | undefined): SarifResult {
  const place = placeOf(finding)
  const index = 'index' in finding ? finding.index : undefined
  const isFile = file !== undefined && file !== '-'
  return {
    rule: finding.code,
    level: levels[finding.severity],
    message: place === '' ? finding.meaning : `${place}: ${finding.meaning}`,
    ...(isFile ? { file } : {}),
    // The first line is the header.
    ...(isFile && kind === 'lines' && index !== undefined ? { line: index + 2 } : {}),
  }
}

/** Where, in words: `entry 17, subject`. */
export function placeOf(finding: AnyFinding): string {
  const parts: string[] = []
  if ('between' in finding && finding.between !== undefined) {
    const { from, to } = finding.between
    parts.push(to - from === 1 ? `entry ${from}` : `entries ${from} to ${to - 1}`)
  } else if ('index' in finding && finding.index !== undefined) parts.push(`entry ${finding.index}`)
  if ('line' in finding && finding.line !== undefined) parts.push(`line ${finding.line + 1}`)
  if ('group' in finding && finding.group !== undefined) parts.push(finding.group)
  return parts.join(', ')
}

/** Sizes and times say something to a reader; hashes are for `--json`. */
export function differenceOf(finding: AnyFinding): string {
  const expected = 'expected' in finding ? finding.expected : undefined
  const found = 'found' in finding ? finding.found : undefined
  const isShort = (text: string | undefined) => text !== undefined && /^[0-9TZ:.-]{1,24}$/.test(text)
  if (isShort(expected) && isShort(found)) return `expected ${expected}, found ${found}`
  return isShort(found) ? `found ${found}` : ''
}

/** What was checked and how far it reaches, as names and values in words. */
export function factsOf({ kind, origin, coverage, freshness }: Checked): string[][] {
  const rows: string[][] = [['log', origin ?? 'not named by the source']]
  const number = (name: string) => coverage[name] ?? 0
  if (kind === 'accounting') {
    rows.push(
      ['lines', counted(number('lines'))],
      [
        'proved',
        `${counted(number('proved'))} by their entries, ${counted(number('provedByContributor'))} by a contributor's package`,
      ],
    )
    if (number('provedWithoutSubject') > 0)
      rows.push(['', `${counted(number('provedWithoutSubject'))} without showing whom they are about`])
    if (number('stated') > 0) rows.push(['stated', `${counted(number('stated'))} in part somebody's word`])
    return rows
  }
  const checked = amount(number('checked'), 'entry', 'entries')
  const [from, last] = [number('from'), number('to') - 1]
  const range = last < 0 ? '' : from === last ? `, number ${counted(from)}` : `, from ${counted(from)} up to ${counted(last)}`
  rows.push(['checked', `${checked}${range}`])
  rows.push(['signed', number('anchoredTo') === 0 ? 'none of them' : `those below ${counted(number('anchoredTo'))}`])
  if (number('unanchoredTail') > 0 && number('anchoredTo') > 0)
    rows.push(['', `${amount(number('unanchoredTail'), 'entry', 'entries')} after that, under no signature yet`])
  if (number('withheld') > 0) rows.push(['withheld', `${amount(number('withheld'), 'part')} without text`])
  if (number('sealed') > 0) rows.push(['sealed', `${amount(number('sealed'), 'part')} checked as sealed texts`])
  if (freshness?.lastRecordedAt !== undefined) {
    const age = freshness.ageMs === undefined || freshness.ageMs < 0 ? '' : `, ${span(freshness.ageMs)} ago`
    rows.push(['newest', `${freshness.lastRecordedAt}${age}`])
  }
  return rows
}

/** Whose word it rests on: `clinic.example/audit+ce7ba527, by --key`. */
function keyRows(keys: VerificationContext['keys']): string[][] {
  if (keys === undefined) return []
  if (keys === null) return [['key', 'none was given']]
  return keys.ids.map((id, at) => [at === 0 ? 'key' : '', `${id}, by ${keys.from}`])
}

function textOf(checked: Checked, { saved, keys }: VerificationContext, paint: Paint, columns: number): string {
  const { verdict, findings, findingsDropped } = checked
  const tone =
    verdict === 'intact' ? (isStale(checked) ? paint.warn : paint.good) : verdict === 'broken' ? paint.bad : paint.warn
  const out = [
    tone(headlineOf(checked)),
    '',
    aligned([...factsOf(checked), ...keyRows(keys)].map(([name = '', value = '']) => [paint.dim(name), value])),
  ]
  if (findings.length > 0) out.push('', paint.strong('Findings'))
  for (const finding of findings) {
    const word =
      finding.severity === 'break'
        ? paint.bad('break  ')
        : finding.severity === 'warn'
          ? paint.dim('warn   ')
          : paint.warn('unknown')
    const place = placeOf(finding)
    out.push(
      `  ${word}  ${paint.strong(finding.code)}${place === '' ? '' : `  ${place}`}`,
      wrapped(finding.meaning, columns, 11),
    )
    const difference = differenceOf(finding)
    if (difference !== '') out.push(`           ${paint.dim(difference)}`)
  }
  if (findingsDropped > 0) out.push(`  and ${counted(findingsDropped)} more; --findings lists more of them`)
  if (saved === true) out.push('', 'How far this run was is kept: go on from it with --resume.')
  if (saved === false) out.push('', 'Nothing was kept to go on from.')
  return out.join('\n')
}
