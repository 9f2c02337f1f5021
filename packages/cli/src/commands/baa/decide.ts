import type { Decision, DecisionRequest } from '@phi/baa'
import * as z from 'zod'
import type { CommandSpec } from '../../command.ts'
import { readConfig } from '../../config.ts'
import { cliError } from '../../errors.ts'
import type { ExitName } from '../../exit-codes.ts'
import { readShape } from '../../files.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { amount, wrapLines } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { instantOf } from '../../when.ts'
import { agreementOptions, agreementsOf } from './agreements.ts'
import { reasonLines } from './reasons.ts'

/** What `phi baa decide --json` prints: questions and decisions in their order, as @phi/baa has them. */
export interface DecideAnswer {
  /** The worst of all: what is denied goes before what is not known. */
  readonly outcome: Decision['outcome']
  /** Of the store, where the agreements came from the database. */
  readonly revision: number | null
  readonly decisions: readonly { readonly question: DecisionRequest; readonly decision: Decision }[]
}

const text = z.string().max(1000)
const texts = z.array(text).max(1000)

interface Item {
  readonly class: string
  readonly labels?: readonly string[] | undefined
  readonly madeOf?: readonly (string | Item)[] | undefined
}
const item: z.ZodType<string | Item> = z.lazy(() =>
  z.union([text, z.strictObject({ class: text, labels: texts.optional(), madeOf: z.array(item).max(200).optional() })]),
)

/** A record of one kind of value. Its keys are the caller's, and stand in no error. */
const recordOf = <Value extends string | boolean>(type: 'string' | 'boolean') =>
  z.custom<Readonly<Record<string, Value>>>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.values(value).every((each) => typeof each === type),
  )

/** Words are looked up by the library, which says of an unknown one that it is; names of members are not: a misspelt one would say nothing. */
const question = z.strictObject({
  from: text,
  to: text,
  service: text,
  data: z.array(item).min(1).max(1000),
  use: text,
  at: text.optional(),
  where: z
    .strictObject({
      product: text.optional(),
      feature: text.optional(),
      edition: text.optional(),
      account: text.optional(),
      region: text.optional(),
      configuration: recordOf<string>('string').optional(),
    })
    .optional(),
  plan: text.optional(),
  conditions: recordOf<boolean>('boolean').optional(),
  identifiability: z.strictObject({ level: text, evidence: text.optional() }).optional(),
  heldFor: text.optional(),
  authorization: z.strictObject({ reference: text, uses: texts, data: texts, until: text.optional() }).optional(),
  exemption: z.looseObject({ kind: text }).optional(),
})
const questions = z.union([z.array(question).min(1).max(100_000), question.transform((each) => [each])])

const usage = (detail: string) => cliError('PHI_CLI_USAGE', { detail })

/** `name=value` */
function pairOf(given: string, option: string): readonly [string, string] {
  const at = given.indexOf('=')
  if (at < 1) throw usage(`the option ${option} takes a name and a value: name=value`)
  return [given.slice(0, at), given.slice(at + 1)]
}

const scopes = ['product', 'feature', 'edition', 'account', 'region'] as const

async function useOf(input: Input): Promise<string> {
  const [use, purpose] = [input.text('use'), input.text('purpose')]
  if ((use === undefined) === (purpose === undefined)) throw usage('give --use, or --purpose, and not both')
  if (use !== undefined) return use
  const { isPurposeOfUse, useOfPurpose } = await import('@phi/core')
  const read = isPurposeOfUse(purpose as string) ? useOfPurpose(purpose as never) : undefined
  if (read === undefined) throw usage('no single use answers to the purpose: say it with --use')
  return read
}

/** A question from the options of the command line. @throws PhiError PHI_CLI_USAGE */
async function asked(input: Input, at: string): Promise<unknown> {
  const classes = input.all('class')
  if (classes.length === 0) throw usage('the option --class is missing')
  const labels = input.all('label')
  if (labels.length > 0 && input.flag('unlabelled')) throw usage('records are under a label, or under none: not both')
  const said = labels.length > 0 || input.flag('unlabelled')
  const data = classes.map((each) => (said ? { class: each, labels } : each))
  const where = Object.fromEntries(
    input.all('where').map((each) => {
      const [name, value] = pairOf(each, '--where')
      if (!(scopes as readonly string[]).includes(name)) throw usage(`the option --where knows ${scopes.join(', ')}`)
      return [name, value]
    }),
  )
  const conditions = Object.fromEntries(
    input.all('condition').map((each) => {
      const [name, value] = pairOf(each, '--condition')
      if (value !== 'yes' && value !== 'no') throw usage('the option --condition takes name=yes or name=no')
      return [name, value === 'yes']
    }),
  )
  const [plan, heldFor] = [input.text('plan'), input.text('heldFor')]
  return {
    from: input.needed('from'),
    to: input.needed('vendor'),
    service: input.needed('service'),
    data,
    use: await useOf(input),
    at,
    ...(Object.keys(where).length > 0 && { where }),
    ...(plan !== undefined && { plan }),
    ...(Object.keys(conditions).length > 0 && { conditions }),
    ...(heldFor !== undefined && { heldFor }),
  }
}

const OWN = [
  'from',
  'vendor',
  'service',
  'class',
  'label',
  'unlabelled',
  'use',
  'purpose',
  'plan',
  'condition',
  'where',
  'heldFor',
]

async function questionsOf(input: Input, io: Io, at: string): Promise<readonly DecisionRequest[]> {
  const file = input.text('question')
  if (file === undefined) return [(await asked(input, at)) as DecisionRequest]
  if (OWN.some((name) => input.has(name))) throw usage('give --question, or the question in options, and not both')
  const read = await readShape(io, file, '--question', questions)
  return read.map((each) => ({ ...each, at: each.at ?? at }) as DecisionRequest)
}

const heads: Readonly<Record<Decision['outcome'], string>> = {
  allow: 'Allowed.',
  deny: 'Denied.',
  needs: 'Not allowed until what follows is known or done.',
}

const dutyWords: Readonly<Record<Decision['duties'][number], string>> = {
  'minimum-necessary': 'no more than the minimum necessary (45 CFR 164.502(b))',
  accounting: 'an entry in the accounting of disclosures (45 CFR 164.528)',
  'honor-restriction': 'a look at the restriction agreed with the patient (45 CFR 164.522(a)(1)(iii))',
}

function decisionLines(
  { question, decision }: DecideAnswer['decisions'][number],
  paint: Paint,
  columns: number,
): readonly string[] {
  const { outcome, reasons, provided, duties } = decision
  const colour = outcome === 'allow' ? paint.good : outcome === 'deny' ? paint.bad : paint.warn
  const condition = provided.length === 0 ? '' : ` Provided that no record is under: ${provided.join(', ')}.`
  const data = question.data.map((each) => (typeof each === 'string' ? each : each.class)).join(', ')
  return [
    ...wrapLines(`${heads[outcome]}${condition}`, columns).map(colour),
    ...wrapLines(
      `${question.from} to ${question.to}: ${data} for ${question.use}, ${question.service}, at ${question.at}`,
      columns,
    ).map(paint.dim),
    // What speaks for it is told only where nothing speaks against it; the data has all.
    ...reasons
      .filter(({ effect }) => outcome === 'allow' || effect !== 'allow')
      .flatMap((each) => reasonLines(each, paint, columns)),
    ...(duties.length === 0 ? [] : wrapLines(`Still owed: ${duties.map((each) => dutyWords[each]).join('; ')}.`, columns)),
  ]
}

const exits: Readonly<Record<Decision['outcome'], ExitName>> = { allow: 'ok', deny: 'finding', needs: 'unknown' }

export const decideCommand: CommandSpec = {
  path: ['baa', 'decide'],
  summary: 'Decide whether data may go to a vendor under what was signed',
  about: `Answers one question, or a list of them: may this party send this data to that vendor, for this use, at this time, under the agreements? The answer is "allow", "deny" or "needs", with every reason, its clause and citation, and what would have to change.

What is not known is never allowed: an unknown word, a condition that nobody attested, a vendor further down that nobody named. A label that the question leaves open is named: an allowing answer then holds for records that are under none of these labels.

It decides by the data that somebody wrote down from the contracts. Whether that data says what the contracts say is for people to see to.`,
  options: [
    ...agreementOptions,
    { flags: '--question <file>', about: 'JSON with a question, or a list of them; - is standard input.', kind: 'file' },
    { flags: '--from <party>', about: 'Who sends: the id of a party.' },
    { flags: '--vendor <party>', about: 'Who receives: the id of a party.' },
    { flags: '--service <service>', about: 'What the vendor does with the data: telehealth.video.' },
    { flags: '--class <class...>', about: 'A class of the data: phi.clinical.note.', many: true },
    {
      flags: '--label <label...>',
      about: 'A label that the records are under: hiv, part2.',
      many: true,
    },
    { flags: '--unlabelled', about: 'The records are under no label.' },
    { flags: '--use <use>', about: 'What the data is used for: treatment.' },
    { flags: '--purpose <code>', about: 'The same as an HL7 purpose of use: TREAT.' },
    { flags: '--plan <plan>', about: 'The plan of the customer.' },
    {
      flags: '--condition <name=yes...>',
      about: 'A condition of the agreement that is met, or is not: mfa-on=yes.',
      many: true,
    },
    { flags: '--where <key=value...>', about: `Where the service runs: ${scopes.join(', ')}.`, many: true },
    { flags: '--held-for <party>', about: 'The party for whom the sender holds the data, for a return of data.' },
    { flags: '--at <instant>', about: 'When: 2026-11-22T12:00:00Z. Default: now.' },
  ],
  examples: [
    {
      run: 'phi baa decide --agreements agreements.json --from practice --vendor platform --service records.notes --class phi.clinical.note --use treatment',
      about: 'One question.',
    },
    {
      run: 'phi baa decide --agreements agreements.json --question questions.json --json',
      about: 'A list of questions, as data.',
    },
  ],
  exits: ['ok', 'finding', 'unknown'],
  run: async (input, io) => {
    const at = instantOf(io, input)
    const all = await questionsOf(input, io, at)
    const { registry, revision } = await agreementsOf(io, input, await readConfig(io, input.text('config')))
    const { decideAny } = await import('@phi/baa')
    const decisions = all.map((question) => ({ question, decision: decideAny(registry, question) }))
    const has = (outcome: Decision['outcome']) => decisions.some(({ decision }) => decision.outcome === outcome)
    const outcome = has('deny') ? 'deny' : has('needs') ? 'needs' : 'allow'
    const answer: DecideAnswer = { outcome, revision, decisions }
    return {
      exit: exits[outcome],
      json: answer,
      text: (paint, columns) => {
        const [first] = decisions
        if (decisions.length === 1 && first !== undefined) return decisionLines(first, paint, columns).join('\n')
        const count = (each: Decision['outcome']) => decisions.filter(({ decision }) => decision.outcome === each).length
        const head = `Of ${amount(decisions.length, 'question')} ${count('deny')} are denied, ${count('needs')} are open and ${count('allow')} are allowed.`
        return [
          ...wrapLines(head, columns).map(outcome === 'allow' ? paint.good : outcome === 'deny' ? paint.bad : paint.warn),
          ...decisions.flatMap((each) => ['', ...decisionLines(each, paint, columns)]),
        ].join('\n')
      },
    }
  },
}
