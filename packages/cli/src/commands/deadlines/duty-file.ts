import type { RuleGroup } from '@phi/deadlines'
import type { IncidentGroup } from '@phi/deadlines/incident'
import type { RecurringDuty, RecurringFacts } from '@phi/deadlines/recurring'
import type { CaseStoreOptions, KeptCase } from '@phi/deadlines/store'
import * as z from 'zod'
import { cliError } from '../../errors.ts'
import { readJson } from '../../files.ts'
import type { Io } from '../../io.ts'

const label = z.string().min(1).max(256)
const civil = z.string().regex(/^\d{4}-\d\d-\d\d$/)

/** What is under the library's own readers is `unknown` here: they know its form, and refuse what is none. */
const caseSchema = z.strictObject({
  kind: z.enum(['request', 'incident']),
  opening: z.unknown(),
  log: z.array(z.unknown()).max(1000).default([]),
})

const questionSchema = z.strictObject({
  id: label.optional(),
  /** A group of rules: a name of `federal` of @phi/deadlines, `stateBreachNotice`, or the id of an agreement of the file. */
  rules: label,
  facts: z.record(z.string(), z.unknown()),
})

const recurringSchema = z.strictObject({
  /** The id of a duty of the catalogue (`risk-analysis`), or a whole duty. */
  duty: z.union([label, z.record(z.string(), z.unknown())]),
  cadence: z.unknown().optional(),
  targetDays: z.unknown().optional(),
  anchor: z.unknown().optional(),
  lastDone: z.unknown().optional(),
  settles: z.unknown().optional(),
  events: z.array(z.unknown()).max(10_000).optional(),
})

const agreementSchema = z.strictObject({
  /** The name by which incidents and questions ask for it. */
  id: label,
  /** The day on which the clauses were read. */
  asOf: civil,
  clocks: z.array(z.unknown()).min(1).max(1000),
})

const fileSchema = z.strictObject({
  cases: z.array(caseSchema).max(100_000).default([]),
  questions: z.array(questionSchema).max(100_000).default([]),
  recurring: z.array(recurringSchema).max(10_000).default([]),
  agreements: z.array(agreementSchema).max(10_000).default([]),
  /** Rows of State breach law that counsel has signed off: `{ rule, by, on }`. */
  signOffs: z.array(z.unknown()).max(1000).default([]),
})

export interface Question {
  readonly id: string
  readonly file: string
  // biome-ignore lint/suspicious/noExplicitAny: a group of any facts; `evaluate` checks what it is given
  readonly group: RuleGroup<any>
  readonly facts: Readonly<Record<string, unknown>>
}

export interface Recurring {
  readonly file: string
  readonly duty: RecurringDuty
  readonly facts: Pick<RecurringFacts, 'settles' | 'events'>
}

export interface Duties {
  readonly cases: readonly { readonly kept: KeptCase; readonly file: string }[]
  readonly questions: readonly Question[]
  readonly recurring: readonly Recurring[]
  /** The groups of rules beside the federal ones, by the names that incidents use. */
  readonly groups: ReadonlyMap<string, IncidentGroup>
}

/** The name by which an incident asks for the breach law of the States. */
export const STATE_LAW = 'state.breachNotice'

const wrong = (path: string, detail: string) => cliError('PHI_CLI_FILE_CONTENT', { path, detail })

function parsed(value: unknown): z.output<typeof fileSchema> {
  const whole =
    typeof value === 'object' && value !== null && 'kind' in value
      ? { cases: [value] }
      : typeof value === 'object' && value !== null && 'rules' in value
        ? { questions: [value] }
        : value
  const read = fileSchema.safeParse(whole)
  if (read.success) return read.data
  const [issue] = read.error.issues
  // Keys of facts are the caller's: of these nothing is said.
  const at = (issue?.path ?? []).slice(0, 3).map((part) => (typeof part === 'number' ? '*' : String(part)))
  const unknownKey = issue?.code === 'unrecognized_keys' ? 'there is a name that it does not know' : undefined
  throw wrong(
    'file',
    `${unknownKey ?? 'it has not the form that is asked for'}${at.length === 0 ? '' : `, at ${at.join('.')}`}`,
  )
}

/** The groups that incidents can ask for: of agreements, and of the States. */
async function groupsOf(files: readonly z.output<typeof fileSchema>[], withStateLaw: boolean) {
  const groups = new Map<string, IncidentGroup>()
  const { contractClock, contractGroup } = await import('@phi/deadlines/contract')
  for (const { id, asOf, clocks } of files.flatMap(({ agreements }) => agreements)) {
    if (groups.has(id) || id === STATE_LAW) throw wrong('agreements.*.id', 'must not be given twice')
    // What is not a clock is refused by its reader.
    const group = contractGroup({ id, ruleset: { id, asOf }, clocks: clocks.map((clock) => contractClock(clock as never)) })
    groups.set(id, { group })
  }
  const signOffs = files.flatMap((each) => each.signOffs)
  if (withStateLaw) {
    const { stateBreachNotice } = await import('@phi/deadlines/state')
    groups.set(STATE_LAW, {
      group: signOffs.length === 0 ? stateBreachNotice() : stateBreachNotice({ signOffs: signOffs as never }),
    })
  }
  return groups
}

/** Of the groups, those that an incident names. */
export const groupsNamed =
  (groups: ReadonlyMap<string, IncidentGroup>): NonNullable<CaseStoreOptions['groups']> =>
  (opening) =>
    (opening.groups ?? []).flatMap((name) => groups.get(name) ?? [])

async function questionsOf(
  file: string,
  { questions }: z.output<typeof fileSchema>,
  groups: ReadonlyMap<string, IncidentGroup>,
): Promise<readonly Question[]> {
  if (questions.length === 0) return []
  const { federal } = await import('@phi/deadlines')
  return questions.map(({ id, rules, facts }) => {
    const named = rules === 'stateBreachNotice' ? STATE_LAW : rules
    const group = Object.hasOwn(federal, rules) ? federal[rules as keyof typeof federal] : groups.get(named)?.group
    if (group === undefined)
      throw wrong(
        'questions.*.rules',
        'names no group of rules: one of the federal ones, stateBreachNotice, or an agreement of the file',
      )
    return { id: id ?? rules, file, group: group as Question['group'], facts }
  })
}

async function recurringOf(file: string, { recurring }: z.output<typeof fileSchema>): Promise<readonly Recurring[]> {
  if (recurring.length === 0) return []
  const { recurringDuties, recurringDuty } = await import('@phi/deadlines/recurring')
  const catalogue = new Map<string, RecurringDuty>(Object.values(recurringDuties).map((each) => [each.id, each]))
  return recurring.map(({ duty, settles, events, ...more }) => {
    const base = typeof duty === 'string' ? catalogue.get(duty) : duty
    if (base === undefined) throw wrong('recurring.*.duty', 'names no duty of the catalogue')
    const facts = { ...(settles !== undefined && { settles }), ...(events !== undefined && { events }) }
    return { file, duty: recurringDuty({ ...base, ...more } as never), facts: facts as Recurring['facts'] }
  })
}

/**
 * Reads files with what may make something due: cases with their histories, questions about facts, recurring duties, the clocks of agreements.
 * @param withStateLaw whether the breach law of the States is asked where nobody names it
 * @throws PhiError PHI_CLI_FILE, PHI_CLI_FILE_CONTENT; those of @phi/deadlines for what is under its readers
 */
export async function readDuties(io: Io, paths: readonly string[], withStateLaw: boolean): Promise<Duties> {
  const files: { path: string; content: z.output<typeof fileSchema> }[] = []
  for (const path of paths) files.push({ path, content: parsed(await readJson(io, path, 'file')) })
  const contents = files.map(({ content }) => content)
  const asksStates =
    withStateLaw ||
    contents.some(
      ({ cases, questions, signOffs }) =>
        signOffs.length > 0 ||
        questions.some(({ rules }) => rules === 'stateBreachNotice' || rules === STATE_LAW) ||
        cases.some(({ opening }) => namesStateLaw(opening)),
    )
  const groups = await groupsOf(contents, asksStates)
  const { beginCase, withEntry } = await import('@phi/deadlines/store')
  const cases: Duties['cases'][number][] = []
  const questions: Question[] = []
  const recurring: Recurring[] = []
  for (const { path, content } of files) {
    for (const { kind, opening, log } of content.cases) {
      let kept = beginCase({ kind, opening })
      for (const entry of log) kept = withEntry(kept, entry, { groups: groupsNamed(groups) })
      cases.push({ kept, file: path })
    }
    questions.push(...(await questionsOf(path, content, groups)))
    recurring.push(...(await recurringOf(path, content)))
  }
  return { cases, questions, recurring, groups }
}

function namesStateLaw(opening: unknown): boolean {
  const groups = typeof opening === 'object' && opening !== null && 'groups' in opening ? opening.groups : undefined
  return Array.isArray(groups) && groups.includes(STATE_LAW)
}
