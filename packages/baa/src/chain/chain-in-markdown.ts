import { clauseInWords } from '../agreement/clause.ts'
import { counted, inline, table } from '../markdown.ts'
import type { Chain, ChainClocks, ChainLink, UnknownLink } from './chain.ts'
import type { ClockFinding } from './clocks.ts'
import type { Side } from './weaker.ts'

const verdicts = {
  covered: 'Every vendor down the chain is covered.',
  'not-covered': 'Not every vendor down the chain is covered.',
  unknown: 'Whether every vendor down the chain is covered is not known.',
} as const

const sign = { covered: 'covered', 'not-covered': '**not covered**', unknown: '*not known*' } as const

const DAY = 24

/** Hours as people say them: whole days from three days on. */
function hoursInWords(hours: number | null): string {
  if (hours === null) return 'no bound'
  if (Math.abs(hours) > 3 * DAY && hours % DAY === 0) return counted(hours / DAY, 'day')
  return counted(hours, 'hour')
}

const leftInWords = (hours: number | null): string =>
  hours === null ? 'nothing certain' : hours < 0 ? `nothing, ${hoursInWords(-hours)} too late` : hoursInWords(hours)

function treeLines(link: ChainLink, depth: number): readonly string[] {
  const held = link.exemption
    ? `exempt: ${link.exemption}`
    : link.agreement
      ? `${link.agreement}, ${link.status}`
      : 'no agreement'
  const line = `${'  '.repeat(depth)}- ${inline(`${link.of} → ${link.to}`)} (${link.service}): ${sign[link.verdict]}, ${inline(held)}`
  return [line, ...link.below.flatMap((each) => treeLines(each, depth + 1))]
}

const sideInWords = ({ agreement, clause }: Side, said: string | undefined): string => {
  const where = clause === undefined ? agreement : `${agreement}, ${clauseInWords(clause)}`
  return said === undefined ? where : `${where}: ${said}`
}

const pathInWords = (path: readonly string[]) => path.join(' → ')

const details = ({ host, promised, reasons }: UnknownLink): string =>
  [
    host,
    promised ? 'its agreement promises to bind them' : undefined,
    ...(reasons ?? []).map((each) => [each.says, each.name].filter((part) => part !== undefined).join(' ')),
  ]
    .filter((each) => each !== undefined)
    .join(' ')

function findingInWords({ says, party, shorterThan, learns, below, assuming, citation }: ClockFinding): string {
  const slow =
    below?.clause && below.agreement ? ` The time is taken by ${below.agreement}, ${clauseInWords(below.clause)}.` : ''
  const needed = shorterThan === undefined ? '' : ` That window has to be shorter than ${hoursInWords(shorterThan)}.`
  const late = learns === undefined ? '' : ` The one above learns after ${hoursInWords(learns)} at the latest.`
  const reading = {
    agents: ' This is so if those below are agents, which nobody has said.',
    independents: ' This is so if those below are independent, which nobody has said.',
  }
  return `${party}: ${says}${slow}${needed}${late}${assuming ? reading[assuming] : ''} (${citation})`
}

function clockLines({ path, tiers, learns, left, unknownAgency, findings }: ChainClocks): readonly string[] {
  const rows = tiers.map((tier) => [
    tier.party,
    hoursInWords(tier.known),
    hoursInWords(tier.deemed),
    hoursInWords(tier.limit),
    leftInWords(tier.left),
  ])
  const reading =
    unknownAgency.length === 0 ? '' : ' Agency is not known everywhere: read as agents, which leaves the least time.'
  return [
    `**${inline(pathInWords(path))}**`,
    '',
    `${inline(path.at(-1) ?? '')} learns after ${hoursInWords(learns)} at the latest, with ${leftInWords(left)} left at the least.${reading}`,
    '',
    ...table(['party', 'told after', 'its clock runs from', 'its limit', 'left when told'], rows),
    ...(findings.length === 0 ? [] : ['', ...findings.map((each) => `- ${inline(findingInWords(each))}`)]),
    '',
  ]
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`### ${title}`, '', ...lines, '']
}

/** A chain as Markdown: the verdict, the tree, what is not covered, weaker or not known, and the clocks of every path. */
export function chainInMarkdown(found: Chain): string {
  const { service, at, verdict, links, uncovered, weaker, unknown, clocks } = found
  const lines = [
    `## ${service}, ${at}`,
    '',
    links.length === 0 ? 'No agreement covers the service.' : verdicts[verdict],
    '',
    ...links.flatMap((each) => treeLines(each, 0)),
    ...(links.length === 0 ? [] : ['']),
    ...section(
      'Not covered',
      table(
        ['chain', 'service', 'agreement', 'why', 'what to do'],
        uncovered.map((each) => [
          pathInWords(each.path),
          each.service,
          each.agreement === null ? 'none' : `${each.agreement}, ${each.status}`,
          each.reasons.map(({ says }) => says).join(' '),
          each.remedy,
        ]),
      ),
    ),
    ...section(
      'Less strict than above',
      table(
        ['chain', 'what', 'above', 'below', 'law', 'what to do'],
        weaker.map((each) => [
          pathInWords(each.path),
          [each.says, each.term, ...(each.about ?? [])].filter((part) => part !== undefined).join(' '),
          sideInWords(each.above, each.saysAbove),
          sideInWords(each.below, each.saysBelow),
          each.citation,
          each.remedy,
        ]),
      ),
    ),
    ...section(
      'Not known',
      table(
        ['chain', 'what', 'about', 'what to do'],
        unknown.map((each) => [pathInWords(each.path), each.says, details(each), each.remedy]),
      ),
    ),
    ...section('Breach clocks, in time since the deepest party discovers', clocks.flatMap(clockLines).slice(0, -1)),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}
