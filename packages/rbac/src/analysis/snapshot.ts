import { sha256, toHex, utf8 } from '@phi/core'
import type { Bucket } from '../decision/bucket.ts'
import { rbacError } from '../errors.ts'
import { policyHash } from '../policy/parse.ts'
import type { PolicyJson } from '../policy/policy.ts'
import { type Compiled, compiledOf } from './compare.ts'
import type { Diagram } from './diagram.ts'
import { type AnalysisLimits, type Space, spaceOf } from './space.ts'
import { type Standing, standingNumbers, standingsOf } from './standing.ts'
import { rolesOf } from './table.ts'
import { bucketsOf } from './who-can.ts'
import { describe, whenText } from './words.ts'

const FORMAT = 'phi.decision-table/v1'

/** The space of a bucket with its atoms in alphabetical order, so that the order of rules does not show. */
function orderedSpace(policy: PolicyJson, bucket: Bucket, limits: AnalysisLimits) {
  const keys = bucket.atoms.map((atom) => JSON.stringify(atom))
  const order = keys.map((_, i) => i).sort((a, b) => ((keys[a] as string) < (keys[b] as string) ? -1 : 1))
  const tested = order.map((i) => ({
    atom: bucket.atoms[i] as Bucket['atoms'][number],
    test: bucket.tests[i] as Bucket['tests'][number],
  }))
  const space = spaceOf([{ policy, type: bucket.type }], bucket.name, bucket.action, tested, limits)
  return { space, numberOf: (index: number) => order.indexOf(index) }
}

const offerText = ({ fields, obligations }: Standing[number]): string => {
  const owed = obligations.map((each) => JSON.stringify(each)).sort()
  return `${fields.join(', ')}${owed.length === 0 ? '' : ` | owes ${owed.join('; ')}`}`
}

function standingText(standing: Standing): string {
  const [first, ...more] = standing
  if (first === undefined) return 'deny'
  const asked = more.map((offer) => ` | by name: ${offerText(offer)}`).join('')
  return `${first.obligations.length === 0 ? 'allow' : 'allow-if'} ${offerText(first)}${asked}`
}

/** Tells apart what words that are not exact would not. */
function digest(space: Space, cells: Diagram): string {
  const { diagrams } = space
  // The paths of the diagram, with the ways of each group as truths: the function itself, whatever its nodes are called.
  const seen = new Map<Diagram, number>()
  const lines: string[] = []
  const walk = (each: Diagram): string => {
    if (each < 0) return `=${-1 - each}`
    const known = seen.get(each)
    if (known !== undefined) return `#${known}`
    const inner = diagrams.children(each)
    const text = inner.edges.map(walk).join()
    seen.set(each, seen.size)
    lines.push(`${inner.group}:${text}`)
    return `#${seen.size - 1}`
  }
  lines.push(walk(cells))
  const ways = space.groups.map(({ atoms, ways: all }) => [atoms, all.map((way) => way.join(''))])
  return toHex(sha256(utf8(JSON.stringify([space.atoms, ways, lines])))).slice(0, 16)
}

/** Constants of the policy are JSON in here, and names hold no line breaks: a line stays a line. */
function sectionOf({ policy }: Compiled, bucket: Bucket, limits: AnalysisLimits): readonly string[] {
  const { space, numberOf } = orderedSpace(policy, bucket, limits)
  const { diagrams } = space
  const numbers = standingNumbers()
  const standings = standingsOf(space, bucket, numberOf, numbers)
  const roles = new Map<Diagram, string[]>()
  for (const role of rolesOf(policy)) {
    const standing = standings.of(standings.held(role === null ? [] : [role]))
    const list = roles.get(standing)
    if (list === undefined) roles.set(standing, [role ?? '(none)'])
    else list.push(role ?? '(none)')
  }
  const lines = [`## ${bucket.action} ${bucket.name}: ${diagrams.cells} cells for each role`]
  for (const [standing, names] of roles) {
    lines.push(`${names.sort().join(', ')}:`)
    const counts = [...diagrams.counts(standing)].map(([number, count]) => ({
      number,
      count,
      text: standingText(numbers.value(number)),
    }))
    for (const { number, count, text } of counts.sort((a, b) => (a.text < b.text ? -1 : 1))) {
      const cells = diagrams.map(standing, (value) => (value === number ? 1 : 0))
      // What is left is denied.
      if (number === 0 && counts.length > 1) continue
      const when = describe(space, cells)
      const mark = when.exact ? '' : ` [${digest(space, cells)}]`
      lines.push(`  ${text} | ${count} cells${mark}${when.text === 'always' ? '' : ` ${whenText(when)}`}`)
    }
  }
  return lines
}

function header(policy: PolicyJson): readonly string[] {
  return [FORMAT, `policy ${policy.id}`, `version ${JSON.stringify(policy.version)}`, `hash ${policyHash(policy)}`]
}

/**
 * The whole decision table of a policy as text, for git: the same policy, the same text. Types and actions in alphabetical order,
 * roles that stand alike together, cells as conditions and counts; what is not listed is denied. Each role
 * stands alone. Words that are not exact carry a
 * digest of the cells.
 * @throws PhiError PHI_RBAC_TOO_LARGE, PHI_RBAC_POLICY
 */
export function snapshot(policy: PolicyJson, limits: AnalysisLimits = {}): string {
  const compiled = compiledOf(policy)
  const sections = bucketsOf(compiled)
    .map((bucket) => sectionOf(compiled, bucket, limits))
    .sort((a, b) => ((a[0] as string) < (b[0] as string) ? -1 : 1))
  return `${[...header(compiled.policy), ...sections.flatMap((lines) => ['', ...lines])].join('\n')}\n`
}

/** What is different in one section of the table. */
export interface SnapshotChange {
  readonly action: string
  readonly type: string
  /** Lines of the stored text that are not in the new one, with the roles they are about, and the other way round. */
  readonly removed: readonly string[]
  readonly added: readonly string[]
}

export interface SnapshotComparison {
  /** Whether every cell is as it was. The version and the wording of rules may have changed. */
  readonly same: boolean
  /** Whether it is the very policy that the text was written for, by its hash. */
  readonly samePolicy: boolean
  readonly changes: readonly SnapshotChange[]
}

const HEAD = /^## ([A-Za-z0-9_]+) ([A-Za-z0-9_]+): \d+(?:e\+\d+)? cells for each role$/

interface Section {
  readonly action: string
  readonly type: string
  readonly lines: string[]
}

function read(text: string): { readonly hash: string; readonly sections: ReadonlyMap<string, Section> } {
  const refuse = (): never => {
    throw rbacError('PHI_RBAC_BASELINE', { detail: 'it is no decision table of this format' })
  }
  if (typeof text !== 'string') return refuse()
  const [format, , , hash, ...lines] = text.split(/\r?\n/)
  if (format !== FORMAT || !/^hash sha256:[0-9a-f]{64}$/.test(hash ?? '')) return refuse()
  const sections = new Map<string, Section>()
  let current: Section | undefined
  let roles = ''
  for (const line of lines) {
    if (line === '') continue
    const head = HEAD.exec(line)
    if (head) {
      current = { action: head[1] as string, type: head[2] as string, lines: [line] }
      if (sections.has(`${current.type} ${current.action}`)) return refuse()
      sections.set(`${current.type} ${current.action}`, current)
    } else if (current === undefined) return refuse()
    else if (!line.startsWith('  ')) roles = line
    else current.lines.push(`${roles} ${line.trim()}`)
  }
  return { hash: (hash as string).slice('hash '.length), sections }
}

/**
 * Compares a stored table with what a policy says now.
 * @throws PhiError PHI_RBAC_BASELINE for a text that is no such table, PHI_RBAC_TOO_LARGE, PHI_RBAC_POLICY
 */
export function compareSnapshot(text: string, policy: PolicyJson, limits: AnalysisLimits = {}): SnapshotComparison {
  const [stored, now] = [read(text), read(snapshot(policy, limits))]
  const keys = [...new Set([...stored.sections.keys(), ...now.sections.keys()])]
  const changes = keys.flatMap((key): SnapshotChange[] => {
    const [old, current] = [stored.sections.get(key), now.sections.get(key)]
    const { action, type } = (old ?? current) as Section
    const removed = (old?.lines ?? []).filter((line) => !current?.lines.includes(line))
    const added = (current?.lines ?? []).filter((line) => !old?.lines.includes(line))
    return removed.length + added.length === 0 ? [] : [{ action, type, removed, added }]
  })
  return { same: changes.length === 0, samePolicy: stored.hash === now.hash, changes }
}
