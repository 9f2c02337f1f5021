import type { LintFinding } from '@phi/baa'
import type { CommandSpec } from '../../command.ts'
import { readConfig } from '../../config.ts'
import { cliError } from '../../errors.ts'
import { amount, wrapLines } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import type { SarifRun } from '../../sarif.ts'
import { dayOf, momentOptions } from '../../when.ts'
import { type Agreements, agreementOptions, agreementsOf } from './agreements.ts'
import { failOnOption, markdownOption } from './options.ts'
import { clauseWords } from './reasons.ts'

/** What `phi baa lint --json` prints. */
export interface LintAnswer {
  readonly today: string
  readonly revision: number | null
  /** How many agreements were looked at: all that are not closed, or the one that was named. */
  readonly agreements: number
  /** How many are closed, and were left out. */
  readonly closed: number
  readonly errors: number
  readonly warnings: number
  readonly findings: readonly LintFinding[]
}

const NONE = 'no agreement'

function findingLines(found: LintFinding, paint: Paint, columns: number): readonly string[] {
  const { severity, code, says, about, party, upstream, path, clause, citation, remedy } = found
  const what = [...(about ?? []), party, upstream].filter((each) => each !== undefined).join(', ')
  const where = [code, path, clauseWords(clause), citation].filter((each) => each !== undefined).join('; ')
  const head = `  ${severity.padEnd(7)}  `
  const below = ' '.repeat(11)
  const [first = '', ...more] = wrapLines(`${says}${what === '' ? '' : ` [${what}]`}`, columns, head, below)
  const mark = severity === 'error' ? paint.bad : paint.warn
  return [
    `  ${mark(first.slice(2, 9))}${first.slice(9)}`,
    ...more,
    ...wrapLines(where, columns, below).map(paint.dim),
    ...(clause?.text === undefined ? [] : wrapLines(`"${clause.text}"`, columns, below)),
    ...wrapLines(`To do: ${remedy}`, columns, below),
  ]
}

function lintText(
  { findings, errors, warnings, agreements, closed, today }: LintAnswer,
  paint: Paint,
  columns: number,
): string {
  const groups = new Map<string, LintFinding[]>()
  for (const each of findings) groups.set(each.agreement ?? NONE, [...(groups.get(each.agreement ?? NONE) ?? []), each])
  const colour = errors > 0 ? paint.bad : warnings > 0 ? paint.warn : paint.good
  const head =
    findings.length === 0 && agreements === 0
      ? 'Nothing was read: every agreement is closed.'
      : findings.length === 0
        ? 'No findings. Whether the words of a contract are good, a person has to read.'
        : `${amount(errors, 'error')} and ${amount(warnings, 'warning')}.`
  return [
    ...wrapLines(head, columns).map(colour),
    ...wrapLines(
      `${amount(agreements, 'agreement')}, as of ${today}${closed === 0 ? '' : `; ${amount(closed, 'closed one was', 'closed ones were')} left out`}.`,
      columns,
    ),
    ...[...groups].flatMap(([agreement, of]) => [
      '',
      paint.strong(agreement),
      ...of.flatMap((each) => findingLines(each, paint, columns)),
    ]),
  ].join('\n')
}

async function lintSarif(findings: readonly LintFinding[], { places }: Agreements): Promise<SarifRun> {
  const { lintCodes } = await import('@phi/baa')
  const used = new Set(findings.map(({ code }) => code))
  return {
    rules: Object.entries(lintCodes)
      .filter(([code]) => used.has(code as LintFinding['code']))
      .map(([id, { says }]) => ({ id, meaning: says })),
    results: findings.map(({ code, severity, says, agreement, path, about, party, citation, remedy }) => {
      const what = [...(about ?? []), party].filter((each) => each !== undefined).join(', ')
      return {
        rule: code,
        level: severity,
        message: `${says}${what === '' ? '' : ` (${what})`} ${agreement === undefined ? '' : `${agreement}, `}${path}; ${citation}. ${remedy}`,
        ...(agreement === undefined ? {} : places.get(agreement)),
      }
    }),
  }
}

export const lintCommand: CommandSpec = {
  path: ['baa', 'lint'],
  summary: 'Say what agreements lack, by the required elements and by prudence',
  about: `Reads agreements for what they lack: an error is an element that 45 CFR 164.504(e), 164.314(a), 164.514(e)(4) or 42 CFR 2.11 requires for its tier and that is missing, or something under which nothing can flow; a warning is a place to read again, such as a clock of the breach notice that starts with confirmation, where the law runs from discovery.

With --vendor, customers of that vendor who are covered entities, or may be, and have no agreement are found too. With --service, an agreement is read for the services that you use or will use.

A clause that is there counts as good: whether its words are, a person has to read. No findings does not mean that a contract is enough.`,
  options: [
    ...agreementOptions,
    ...momentOptions,
    { flags: '--agreement <id>', about: 'Look at this agreement only.' },
    {
      flags: '--service <service...>',
      about: 'A service that you use: one that the agreement does not cover is an error.',
      many: true,
    },
    { flags: '--vendor <party>', about: 'Find the customers of this vendor that have no agreement.' },
    { flags: '--quotes', about: 'Find clauses without their section and words too.' },
    failOnOption,
    markdownOption,
  ],
  examples: [
    { run: 'phi baa lint --agreements agreements.json --at 2026-11-22', about: 'All agreements of a file.' },
    {
      run: 'phi baa lint --agreements platform.json --service telehealth --service messaging.sms --zone America/New_York',
      about: 'Whether it covers the services that you will use.',
    },
    {
      run: 'phi baa lint --agreements agreements.json --zone UTC --format sarif',
      about: 'For the code scanning of a CI service.',
    },
  ],
  exits: ['ok', 'finding', 'unknown'],
  sarif: true,
  run: async (input, io) => {
    const today = await dayOf(io, input)
    const source = await agreementsOf(io, input, await readConfig(io, input.text('config')))
    const { lint, lintInMarkdown, lintRegistry, statusAt } = await import('@phi/baa')
    const { agreements } = source.registry
    const named = input.text('agreement')
    const services = input.all('service')
    if (agreements.length === 0)
      throw cliError('PHI_CLI_FILE_CONTENT', { path: '--agreements', detail: 'there is no agreement in it' })
    if (named !== undefined && !agreements.some(({ id }) => id === named))
      throw cliError('PHI_CLI_USAGE', { detail: 'there is no agreement with the id of --agreement' })
    if (services.length > 0 && named === undefined && agreements.length > 1)
      throw cliError('PHI_CLI_USAGE', { detail: 'say with --agreement which of the agreements is to cover the services' })
    const vendor = input.text('vendor')
    const quotes = input.flag('quotes')
    const whole = lintRegistry(source.registry, { today, ...(vendor !== undefined && { vendor }), quotes })
    const asked = agreements.filter(({ id }) => named === undefined || id === named)
    // The registry says what stands above and beside an agreement; the services are asked of the agreement alone.
    const uncovered =
      services.length === 0
        ? []
        : asked.flatMap((each) =>
            lint(each, { today, services: services as never }).filter(({ code }) => code === 'service-not-covered'),
          )
    const found = [...uncovered, ...whole].filter(({ agreement }) => named === undefined || agreement === named)
    const findings = [
      ...found.filter(({ severity }) => severity === 'error'),
      ...found.filter(({ severity }) => severity !== 'error'),
    ]
    // Noon, as the library asks it.
    const closed = asked.filter((each) => statusAt(each, `${today}T12:00:00.000Z`) === 'closed').length
    const errors = findings.filter(({ severity }) => severity === 'error').length
    const answer: LintAnswer = {
      today,
      revision: source.revision,
      agreements: asked.length - closed,
      closed,
      errors,
      warnings: findings.length - errors,
      findings,
    }
    const isFinding = input.text('failOn') === 'error' ? errors > 0 : findings.length > 0
    return {
      exit: isFinding ? 'finding' : answer.agreements === 0 ? 'unknown' : 'ok',
      json: answer,
      text: (paint, columns) =>
        input.flag('markdown') ? lintInMarkdown(findings).trimEnd() : lintText(answer, paint, columns),
      sarif: await lintSarif(findings, source),
    }
  },
}
