import { formatCitation, parseAs, plainText, type Safeguard, safeguards } from '@phi/core'
import * as z from 'zod'
import { freeze } from '../freeze.ts'
import { type ControlId, controlOf, isControl } from './controls.ts'
import { type Day, readDay } from './day.ts'
import type { RegisterEntry } from './entry.ts'
import { safeguardError } from './errors.ts'
import { readWanted, type Wanted } from './findings.ts'
import { cell, tableOf } from './markdown.ts'
import { parameterInWords } from './parameter.ts'
import { type Register, readRegister, type StandingState, standingOn } from './register.ts'

/** The two sides of a responsibility, by the names under which people know them. */
export interface MatrixParties {
  readonly provider: string
  readonly customer: string
}

/** What one side does. */
export interface MatrixPart {
  readonly entry: string
  readonly system?: string
  /** Of a shared safeguard, the side's own part; absent where nobody wrote it down. */
  readonly does?: string
  readonly parameter?: string
  readonly owner: string
  readonly state: StandingState
}

/**
 * `both`: each side claims the whole, so that each may rely on the other. `nobody`: no entry. `set-aside`: only entries that say it is
 * not applicable.
 */
export type Responsibility = 'provider' | 'customer' | 'shared' | 'both' | 'set-aside' | 'nobody'

export interface MatrixRow {
  readonly of: ControlId | Safeguard
  readonly title: string
  readonly category: 'administrative' | 'physical' | 'technical'
  readonly citation: string
  readonly responsible: Responsibility
  readonly provider: readonly MatrixPart[]
  readonly customer: readonly MatrixPart[]
}

/** Who provides what. Frozen data; `matrixToMarkdown` writes it as a table. */
export interface ResponsibilityMatrix {
  readonly at: Day
  readonly parties: MatrixParties
  readonly rows: readonly MatrixRow[]
  /** Nobody has it. */
  readonly gaps: readonly MatrixRow['of'][]
  /** Both have the whole of it. */
  readonly overlaps: readonly MatrixRow['of'][]
  /** Shared, and the part of one side or of both is not written down. */
  readonly openParts: readonly MatrixRow['of'][]
}

const partiesSchema = z.strictObject({ provider: plainText(200), customer: plainText(200) })

const categories = { admin: 'administrative', physical: 'physical', technical: 'technical' } as const

const keyOf = (entry: RegisterEntry): ControlId | Safeguard => entry.control ?? entry.safeguard
const alike = (a: RegisterEntry, b: RegisterEntry) => a.system === undefined || b.system === undefined || a.system === b.system

function partOf(entry: RegisterEntry, side: 'provider' | 'customer', at: Day): MatrixPart {
  const does = entry.parts?.[side]
  return {
    entry: entry.id,
    ...(entry.system === undefined ? {} : { system: entry.system }),
    ...(does === undefined ? {} : { does }),
    ...(entry.parameter === undefined ? {} : { parameter: parameterInWords(entry.parameter) }),
    owner: entry.owner,
    state: standingOn(entry, at).state,
  }
}

function responsibilityOf(entries: readonly RegisterEntry[]): Responsibility {
  if (entries.length === 0) return 'nobody'
  const live = entries.filter(({ status }) => status !== 'not-applicable')
  if (live.length === 0) return 'set-aside'
  const [provider, customer] = (['provider', 'customer'] as const).map((side) =>
    live.filter(({ responsible }) => responsible === side),
  ) as [RegisterEntry[], RegisterEntry[]]
  if (provider.some((a) => customer.some((b) => alike(a, b)))) return 'both'
  if (live.some(({ responsible }) => responsible === 'shared') || (provider.length > 0 && customer.length > 0)) return 'shared'
  return provider.length > 0 ? 'provider' : 'customer'
}

function rowOf(of: ControlId | Safeguard, entries: readonly RegisterEntry[], at: Day): MatrixRow {
  const control = isControl(of) ? controlOf(of) : undefined
  const safeguard = control?.safeguard ?? (of as Safeguard)
  const citation = control?.citation ?? safeguards[safeguard].citation
  const side = (which: 'provider' | 'customer') =>
    entries
      .filter(({ responsible }) => responsible === which || responsible === 'shared')
      .map((each) => partOf(each, which, at))
  return {
    of,
    title: control?.title ?? safeguards[safeguard].label,
    category: categories[safeguard.split('.')[0] as keyof typeof categories],
    citation: citation ? formatCitation(citation) : '',
    responsible: responsibilityOf(entries),
    provider: side('provider'),
    customer: side('customer'),
  }
}

/**
 * Who sees to what: one row for each control that is wanted and each that is entered, with gaps, overlaps and shared parts that nobody
 * wrote down.
 * @param options.wanted the controls that somebody has to have. Left out: those that are entered
 * @throws PhiError PHI_BAA_QUESTION, PHI_BAA_SAFEGUARDS
 */
export function responsibilityMatrix(
  value: Register,
  parties: MatrixParties,
  options: { readonly at: Day; readonly wanted?: Wanted | undefined },
): ResponsibilityMatrix {
  const { entries } = readRegister(value)
  const names = parseAs(partiesSchema, parties, 'parties', (context) => safeguardError('PHI_BAA_QUESTION', context))
  const at = readDay(options?.at, 'at')
  const keys = new Set<ControlId | Safeguard>([...(readWanted(options.wanted)?.keys() ?? []), ...entries.map(keyOf)])
  const order = ['administrative', 'physical', 'technical']
  const rows = [...keys]
    .map((key) =>
      rowOf(
        key,
        entries.filter((each) => keyOf(each) === key),
        at,
      ),
    )
    .sort((a, b) => order.indexOf(a.category) - order.indexOf(b.category))
  const ofThose = (test: (row: MatrixRow) => boolean) => rows.filter(test).map(({ of }) => of)
  const halfSaid = new Set(
    entries
      .filter((each) => each.responsible === 'shared' && each.status !== 'not-applicable')
      .filter(({ parts }) => parts?.provider === undefined || parts.customer === undefined)
      .map(keyOf),
  )
  return freeze({
    at,
    parties: names,
    rows,
    gaps: ofThose(({ responsible }) => responsible === 'nobody'),
    overlaps: ofThose(({ responsible }) => responsible === 'both'),
    openParts: ofThose(({ of }) => halfSaid.has(of)),
  })
}

function partInWords({ system, does, parameter, state, entry }: MatrixPart): string {
  const what = [system && `${cell(system)}:`, does === undefined ? undefined : cell(does), parameter && cell(parameter)]
  const said = what.filter((each) => each !== undefined && each !== '').join(' ')
  return `${said === '' ? cell(entry) : said} (${state.replaceAll('-', ' ')})`
}

/** The matrix as a Markdown table: what the one provides, what the other implements, and what is open below it. */
export function matrixToMarkdown({ at, parties, rows, gaps, overlaps, openParts }: ResponsibilityMatrix): string {
  const side = (parts: readonly MatrixPart[]) => parts.map(partInWords).join('; ')
  const head = ['Safeguard', `${cell(parties.provider)} provides`, `${cell(parties.customer)} implements`, 'Source']
  const body = rows.map((row) => [cell(row.title), side(row.provider), side(row.customer), row.citation])
  const titles = (keys: readonly MatrixRow['of'][]) => keys.map((key) => cell(rows.find(({ of }) => of === key)?.title ?? key))
  const lists = [
    ['Nobody has', gaps],
    ['Both claim the whole of', overlaps],
    ['Shared, and a part is not written down', openParts],
  ] as const
  const open = lists.filter(([, keys]) => keys.length > 0).map(([label, keys]) => `${label}: ${titles(keys).join('; ')}.`)
  return [`As of ${at}.`, tableOf(head, body), ...open].join('\n\n')
}
