import { isInstant, isPurposeOfUse } from '@phi/core'
import type { PolicyJson, Request } from '@phi/rbac'
import { checkFixtures } from './fixtures.ts'
import { listed, type Place, type Problem, problemAt, type Report } from './problem.ts'
import {
  ANY,
  type AxisName,
  axisNames,
  type Expectation,
  type Matrix,
  NO_CONTEXT,
  NO_GRANTS,
  NO_PURPOSE,
  NO_ROLE,
  type PolicyTests,
  type ReadTests,
  type RecordFixture,
  readPolicyTests,
  type TestSource,
} from './test-file.ts'
import { checkTriples, triplesOf } from './triples.ts'

/** How many cells a test file may have. */
const MAX_CELLS = 100_000
/** The choices that make a cell, by axis. */
export type Choices = { readonly [Axis in AxisName]: string }

/** One request with what is expected of it. */
export interface Cell {
  readonly matrix: string
  /** In words: `therapist as in-team: read own-note for TREAT`. */
  readonly title: string
  readonly requirements: readonly string[]
  readonly choices: Choices
  readonly action: string
  readonly type: string
  readonly request: Request
  readonly expected: Expectation
  /** The expectation in the YAML. */
  readonly place: Place | undefined
}

/** A test file that was held against its policy. With problems, the cells are those that are sound. */
export interface PreparedTests {
  readonly cells: readonly Cell[]
  readonly problems: readonly Problem[]
}

const parts = (choice: string): readonly string[] => choice.split('+')
const defaults: { readonly [Axis in AxisName]?: string } = { purposes: NO_PURPOSE, contexts: NO_CONTEXT, grants: NO_GRANTS }

/** The choices that an axis can have with this policy and these fixtures. */
function knows(policy: PolicyJson, tests: PolicyTests): { readonly [Axis in AxisName]: (choice: string) => boolean } {
  const among = (record: object | undefined) => (name: string) => record !== undefined && Object.hasOwn(record, name)
  const all = (known: (name: string) => boolean) => (choice: string) => {
    const names = parts(choice)
    return names.every(known) && new Set(names).size === names.length
  }
  const grants = all(among(tests.grants))
  const contexts = among(tests.contexts)
  const roles = all(among(policy.roles))
  return {
    roles: (choice) => choice === NO_ROLE || roles(choice),
    actors: among(tests.actors),
    actions: (choice) => policy.actions.includes(choice),
    records: among(tests.records),
    purposes: (choice) => choice === NO_PURPOSE || isPurposeOfUse(choice),
    contexts: (choice) => choice === NO_CONTEXT || contexts(choice),
    grants: (choice) => choice === NO_GRANTS || grants(choice),
  }
}

const named: { readonly [Axis in AxisName]: string } = {
  roles: 'role of the policy',
  actors: 'actor of this file',
  actions: 'action of the policy',
  records: 'record of this file',
  purposes: 'purpose of use',
  contexts: 'context of this file',
  grants: 'grant of this file',
}

interface Axis {
  readonly name: AxisName
  readonly choices: readonly string[]
}

function axesOf(matrix: Matrix, at: string, known: ReturnType<typeof knows>, report: Report): readonly Axis[] | undefined {
  let sound = true
  const axes = axisNames.map((name): Axis => {
    const choices = matrix.axes[name] ?? [defaults[name] as string]
    const wrong = (message: string, index: number) => {
      sound = false
      report('unknown-name', message, `${at}/axes/${name}/${index}`)
    }
    for (const [index, choice] of choices.entries()) {
      if (choice === ANY) wrong('an axis lists its choices one by one', index)
      else if (!known[name](choice)) wrong(`this is no ${named[name]}`, index)
      else if (choices.indexOf(choice) !== index) wrong('this is there twice', index)
    }
    return { name, choices }
  })
  return sound ? axes : undefined
}

/** The indexes of an axis that an expectation selects; undefined where it cannot be told. */
function selected(axis: Axis, said: Expectation, at: string, report: Report): readonly number[] | undefined {
  const chosen = said[axis.name]
  const every = axis.choices.map((_, index) => index)
  if (chosen === undefined) {
    if (axis.choices.length === 1) return every
    report('missing-cell', `the axis ${axis.name} has ${axis.choices.length} choices: name those that are meant, or any`, at)
    return undefined
  }
  if (chosen === ANY) return every
  const names = typeof chosen === 'string' ? [chosen] : chosen
  const indexes = names.map((name) => axis.choices.indexOf(name))
  const wrong = indexes.findIndex((each, index) => each < 0 || indexes.indexOf(each) !== index)
  if (wrong < 0) return indexes
  const there = typeof chosen === 'string' ? `${at}/${axis.name}` : `${at}/${axis.name}/${wrong}`
  const isTwice = (indexes[wrong] as number) >= 0
  report(
    isTwice ? 'twice' : 'unknown-name',
    isTwice ? 'this is there twice' : `this is no choice of the axis ${axis.name}`,
    there,
  )
  return undefined
}

function checkExpectation(policy: PolicyJson, said: Expectation, at: string, report: Report): void {
  if (said.rule !== undefined && said.rule !== 'phi:tenant' && !policy.rules.some(({ id }) => id === said.rule)) {
    report('unknown-name', 'the policy has no such rule', `${at}/rule`)
  }
  if (said.outcome === 'deny' && said.fields !== undefined) report('unknown-name', 'a denial shows no fields', `${at}/fields`)
  if (said.outcome !== 'deny' && said.reason !== undefined && said.reason !== 'permitted') {
    report('unknown-name', 'this is a reason for a denial', `${at}/reason`)
  }
}

const counted = (choices: Choices): readonly string[] => {
  const { roles, actors, actions, records, purposes, contexts, grants } = choices
  return [
    `${roles} as ${actors}: ${actions} ${records}`,
    ...(purposes === NO_PURPOSE ? [] : [`for ${purposes}`]),
    ...(contexts === NO_CONTEXT ? [] : [`from ${contexts}`]),
    ...(grants === NO_GRANTS ? [] : [`with ${grants}`]),
  ]
}

function requestOf(tests: PolicyTests, matrix: Matrix, choices: Choices): Request {
  const { type, record } = tests.records[choices.records] as RecordFixture
  const roles = choices.roles === NO_ROLE ? [] : parts(choices.roles)
  const request = {
    actor: { ...tests.actors[choices.actors], roles },
    action: choices.actions,
    resource: { type, record },
    // Without a time nothing may read the machine's clock: a test gives the same answer every day.
    at: matrix.at ?? tests.at ?? Number.NaN,
    ...(choices.purposes === NO_PURPOSE ? {} : { purpose: choices.purposes }),
    ...(choices.contexts === NO_CONTEXT ? {} : { context: tests.contexts?.[choices.contexts] }),
    ...(choices.grants === NO_GRANTS ? {} : { grants: parts(choices.grants).map((name) => tests.grants?.[name]) }),
    ...(matrix.asks === undefined ? {} : { fields: matrix.asks }),
  }
  return request as unknown as Request
}

interface Expanding {
  readonly policy: PolicyJson
  readonly read: ReadTests & { readonly tests: PolicyTests }
  readonly known: ReturnType<typeof knows>
  readonly report: Report
  /** Takes every role, action and type that a matrix has on its axes. */
  readonly mentioned: Set<string>
}

/** The cells of one matrix. Every combination needs exactly one expectation. */
function expand(
  matrix: Matrix,
  at: string,
  room: number,
  { policy, read, known, report, mentioned }: Expanding,
): readonly Cell[] {
  const { tests, placeOf } = read
  const axes = axesOf(matrix, at, known, report)
  if (axes === undefined) return []
  const { roles = [], actions = [], records = [] } = matrix.axes
  const types = [...new Set(records.map((name) => (tests.records[name] as RecordFixture).type))]
  for (const each of triplesOf({ roles, actions, types })) mentioned.add(each)
  const size = axes.reduce((product, { choices }) => product * choices.length, 1)
  if (size > room) {
    report('too-large', `the file has more than ${MAX_CELLS} cells`, at)
    return []
  }
  const choicesAt = (cell: number): Choices => {
    let rest = cell
    const entries = axes.toReversed().map(({ name, choices }) => {
      const choice = choices[rest % choices.length] as string
      rest = Math.floor(rest / choices.length)
      return [name, choice] as const
    })
    return Object.fromEntries(entries) as Choices
  }
  const expectations = new Array<number | undefined>(size).fill(undefined)
  let unclear = false
  for (const [index, said] of matrix.expect.entries()) {
    const here = `${at}/expect/${index}`
    checkExpectation(policy, said, here, report)
    const chosen = axes.map((axis) => selected(axis, said, here, report))
    if (chosen.some((each) => each === undefined)) {
      unclear = true
      continue
    }
    let cells = [0]
    for (const [number, { choices }] of axes.entries()) {
      const indexes = chosen[number] as readonly number[]
      cells = cells.flatMap((cell) => indexes.map((each) => cell * choices.length + each))
    }
    const taken = cells.find((cell) => expectations[cell] !== undefined)
    if (taken !== undefined) {
      const other = placeOf(`${at}/expect/${expectations[taken]}`)
      const where = other === undefined ? `number ${(expectations[taken] as number) + 1}` : `the one of line ${other.line}`
      report('twice', `another expectation, ${where}, covers ${counted(choicesAt(taken)).join(' ')} as well`, here)
    }
    for (const cell of cells) expectations[cell] ??= index
  }
  const missing = expectations.flatMap((index, cell) => (index === undefined ? [counted(choicesAt(cell)).join(' ')] : []))
  if (missing.length > 0 && !unclear) {
    report('missing-cell', `${missing.length} of ${size} cells have no expectation: ${listed(missing)}`, at)
  }
  return expectations.flatMap((index, number): Cell[] => {
    if (index === undefined) return []
    const choices = choicesAt(number)
    const { type } = tests.records[choices.records] as RecordFixture
    return [
      {
        matrix: matrix.name,
        title: counted(choices).join(' '),
        requirements: [...(tests.requirements ?? []), ...(matrix.requirements ?? [])],
        choices,
        action: choices.actions,
        type,
        request: requestOf(tests, matrix, choices),
        expected: matrix.expect[index] as Expectation,
        place: placeOf(`${at}/expect/${index}`),
      },
    ]
  })
}

/** Reads a test file and holds it against the policy. Never throws. */
export function prepareTests(policy: PolicyJson, source: TestSource): PreparedTests {
  const read = readPolicyTests(source)
  const { tests, placeOf } = read
  if (tests === undefined) return { cells: [], problems: read.problems }
  const problems: Problem[] = []
  const report: Report = (code, message, at) => problems.push(problemAt(code, message, at, placeOf))
  if (tests.policy !== policy.id) report('unknown-name', 'these tests are for a policy with another id', '/policy')
  const times = [['/at', tests.at] as const, ...tests.matrices.map(({ at }, index) => [`/matrices/${index}/at`, at] as const)]
  for (const [where, at] of times) {
    if (at !== undefined && !isInstant(at)) report('record', 'a time must be UTC with milliseconds', where)
  }
  problems.push(...checkFixtures(policy, tests, placeOf))
  // A fixture that is not what it should be would give answers to another question.
  if (problems.length > 0) return { cells: [], problems }
  const expanding: Expanding = { policy, read: { ...read, tests }, known: knows(policy, tests), report, mentioned: new Set() }
  const cells: Cell[] = []
  for (const [index, matrix] of tests.matrices.entries()) {
    for (const cell of expand(matrix, `/matrices/${index}`, MAX_CELLS - cells.length, expanding)) cells.push(cell)
  }
  checkTriples(policy, tests, expanding.mentioned, report)
  return { cells, problems }
}
