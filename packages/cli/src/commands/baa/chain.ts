import type { Chain, ChainClocks, ChainLink } from '@phi/baa'
import type { DataClass, Service, Use } from '@phi/core'
import type { CommandSpec } from '../../command.ts'
import { readConfig } from '../../config.ts'
import type { ExitName } from '../../exit-codes.ts'
import { blocking } from '../../io.ts'
import { amount, wrapLines } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { instantOf } from '../../when.ts'
import { agreementOptions, agreementsOf } from './agreements.ts'
import { markdownOption } from './options.ts'
import { clauseWords, reasonLines } from './reasons.ts'

/** What `phi baa chain --json` prints: the chain as @phi/baa has it. */
export interface ChainAnswer {
  readonly revision: number | null
  readonly chain: Chain
  /** How many promises to report a breach cannot be kept, leave no time, or say too little. */
  readonly clockFindings: number
}

const heads = {
  covered: 'Every vendor down the chain is covered.',
  'not-covered': 'Not every vendor down the chain is covered.',
  unknown: 'Whether every vendor down the chain is covered is not known.',
} as const

const signs = { covered: 'covered', 'not-covered': 'NOT COVERED', unknown: 'not known' } as const

/** Hours as people say them: whole days from three days on. */
function hoursInWords(hours: number | null): string {
  if (hours === null) return 'no bound'
  return Math.abs(hours) > 72 && hours % 24 === 0 ? amount(hours / 24, 'day') : amount(hours, 'hour')
}

const leftInWords = (hours: number | null): string =>
  hours === null ? 'nothing certain' : hours < 0 ? `none, ${hoursInWords(-hours)} too late` : hoursInWords(hours)

const colourOf = ({ good, bad, warn }: Paint, verdict: ChainLink['verdict']) =>
  verdict === 'covered' ? good : verdict === 'not-covered' ? bad : warn

function linkLines(link: ChainLink, paint: Paint, columns: number, depth: number): readonly string[] {
  const { of, to, service, agreement, status, exemption, verdict, reasons, below } = link
  const held = exemption ? `exempt: ${exemption}` : agreement === null ? 'no agreement' : `${agreement}, ${status}`
  const indent = '  '.repeat(depth + 1)
  const lines = wrapLines(`${of} -> ${to} (${service}): ${signs[verdict]}; ${held}`, columns, indent, `${indent}    `)
  return [
    ...lines.map(colourOf(paint, verdict)),
    ...reasons.flatMap((each) => reasonLines(each, paint, columns, `${indent}  `)),
    ...below.flatMap((each) => linkLines(each, paint, columns, depth + 1)),
  ]
}

const pathInWords = (path: readonly string[]) => path.join(' -> ')

function clockLines({ path, tiers, learns, left, unknownAgency, findings }: ChainClocks, paint: Paint, columns: number) {
  const last = path.at(-1) ?? ''
  return [
    ...wrapLines(
      `${pathInWords(path)}: ${last} learns after ${hoursInWords(learns)} at the latest, with ${leftInWords(left)} left at the least.`,
      columns,
      '  ',
    ),
    ...tiers.flatMap(({ party, known, limit, left: remains }) =>
      wrapLines(
        `${party}: told after ${hoursInWords(known)}, has to tell by ${hoursInWords(limit)}, left when told ${leftInWords(remains)}`,
        columns,
        '    ',
        '      ',
      ).map(paint.dim),
    ),
    ...(unknownAgency.length === 0
      ? []
      : wrapLines('Who is whose agent is not known everywhere: read as agents, which leaves the least time.', columns, '    ')),
    ...findings.flatMap(({ party, code, says, remedy, citation, below, shorterThan, assuming, clause, agreement }) => {
      const where = [code, agreement, clauseWords(clause), citation].filter((each) => each !== undefined).join('; ')
      const slow = below?.agreement === undefined ? '' : ` The time is taken by ${below.agreement}.`
      const needed = shorterThan === undefined ? '' : ` That window has to be shorter than ${hoursInWords(shorterThan)}.`
      const reading = assuming === undefined ? '' : ` This is so if those below are ${assuming}, which nobody has said.`
      return [
        ...wrapLines(`${party}: ${says}${slow}${needed}${reading}`, columns, '    - ', '      ').map(paint.warn),
        ...wrapLines(where, columns, '        ').map(paint.dim),
        ...wrapLines(`To do: ${remedy}`, columns, '        '),
      ]
    }),
  ]
}

function chainText({ chain: found, clockFindings }: ChainAnswer, paint: Paint, columns: number): string {
  const { verdict, links, weaker, unknown, clocks, service, at } = found
  const section = (title: string, lines: readonly string[]) => (lines.length === 0 ? [] : ['', paint.strong(title), ...lines])
  const clocksSaid = clockFindings === 0 ? '' : ` ${amount(clockFindings, 'finding')} about promises to report a breach.`
  const isGood = verdict === 'covered' && clockFindings === 0
  return [
    ...wrapLines(`${links.length === 0 ? 'No agreement covers the service.' : heads[verdict]}${clocksSaid}`, columns).map(
      isGood ? paint.good : verdict === 'unknown' ? paint.warn : paint.bad,
    ),
    ...wrapLines(`${service}, at ${at}.`, columns),
    ...section(
      'Chain',
      links.flatMap((each) => linkLines(each, paint, columns, 0)),
    ),
    ...section(
      'Less strict than above',
      weaker.flatMap(({ path, says, term, about, above, below, saysAbove, saysBelow, citation, code, remedy }) => {
        const what = [term, ...(about ?? [])].filter((each) => each !== undefined).join(', ')
        const side = (agreement: string, said: string | undefined) => `${agreement}${said === undefined ? '' : `: ${said}`}`
        return [
          ...wrapLines(`${pathInWords(path)}: ${says}${what === '' ? '' : ` [${what}]`}`, columns, '  - ', '    '),
          ...wrapLines(
            `above ${side(above.agreement, saysAbove)}; below ${side(below.agreement, saysBelow)}`,
            columns,
            '      ',
          ),
          ...wrapLines(`${code}; ${citation}`, columns, '      ').map(paint.dim),
          ...wrapLines(`To do: ${remedy}`, columns, '      '),
        ]
      }),
    ),
    ...section(
      'Not known',
      unknown.flatMap(({ path, says, code, citation, remedy, host, promised }) => {
        const more = [host, promised === true ? 'its agreement promises to bind them' : undefined].filter(
          (each) => each !== undefined,
        )
        return [
          ...wrapLines(
            `${pathInWords(path)}: ${says}${more.length === 0 ? '' : ` [${more.join(', ')}]`}`,
            columns,
            '  - ',
            '    ',
          ),
          ...wrapLines(`${code}; ${citation}`, columns, '      ').map(paint.dim),
          ...wrapLines(`To do: ${remedy}`, columns, '      '),
        ]
      }),
    ),
    ...section(
      'Breach clocks, since the deepest party discovers',
      clocks.flatMap((each) => clockLines(each, paint, columns)),
    ),
  ].join('\n')
}

export const chainCommand: CommandSpec = {
  path: ['baa', 'chain'],
  summary: 'Follow a service down the chain of vendors, with its breach clocks',
  about: `Walks the subprocessors of the registry from everybody whose agreement covers a service: which vendor is not covered, where an agreement further down is less strict than the one above it, what nobody has said, and when the covered entity learns of a breach at the latest.

The clocks of a path are put together from the deepest party up. A promise above that is shorter than the window below cannot be kept where the vendor below is an agent, since what an agent discovers counts as discovered by its principal (45 CFR 164.410(a)(2)); it is a finding. Where nobody has said who is an agent, both readings are asked.

A party that has not said whom it gives data on to leaves the chain not known; the registry's "complete" says that there are no others.`,
  operands: [{ name: 'service', about: 'What the first vendor does for its customer: telehealth.video.' }],
  options: [
    ...agreementOptions,
    { flags: '--party <party>', about: 'Whose chain. Default: of everybody whose agreement covers the service.' },
    {
      flags: '--class <class...>',
      about: 'A class of the data, where the data is to be judged.',
      many: true,
    },
    { flags: '--use <use>', about: 'What the data is used for, where that is to be judged.' },
    { flags: '--at <instant>', about: 'When: 2026-11-22T12:00:00Z. Default: now.' },
    markdownOption,
  ],
  examples: [
    { run: 'phi baa chain ai.note-draft --agreements agreements.json', about: 'Who gets what an AI feature is given.' },
    { run: 'phi baa chain telehealth --agreements agreements.json --markdown', about: 'The same for a pull request.' },
  ],
  exits: ['ok', 'finding', 'unknown'],
  run: async (input, io) => {
    const at = instantOf(io, input)
    const { registry, revision } = await agreementsOf(io, input, await readConfig(io, input.text('config')))
    const { chain, chainInMarkdown } = await import('@phi/baa')
    const [party, use, classes] = [input.text('party'), input.text('use'), input.all('class')]
    const service = (input.operands[0] ?? '') as Service
    const options = {
      ...(party !== undefined && { party }),
      ...(use !== undefined && { use: use as Use }),
      ...(classes.length > 0 && { data: classes as readonly DataClass[] }),
    }
    const found = blocking(io, () => chain(registry, service, at, options))
    const clockFindings = found.clocks.reduce((sum, { findings }) => sum + findings.length, 0)
    const answer: ChainAnswer = { revision, chain: found, clockFindings }
    const exit: ExitName =
      found.verdict === 'not-covered' || clockFindings > 0 ? 'finding' : found.verdict === 'unknown' ? 'unknown' : 'ok'
    return {
      exit,
      json: answer,
      text: (paint, columns) => (input.flag('markdown') ? chainInMarkdown(found).trimEnd() : chainText(answer, paint, columns)),
    }
  },
}
