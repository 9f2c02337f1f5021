import { children, dataClasses, type Service, services, uses } from '@phi/core'
import { clauseInWords } from '../agreement/clause.ts'
import type { Reason } from '../decide/reason.ts'
import { counted, inline, table } from '../markdown.ts'
import type { Flips } from './cause.ts'
import type { AgreementChange, Diff, VersionName } from './diff.ts'
import type { ClauseChange } from './terms.ts'

const versionInWords = ({ id, version }: VersionName) => `${id} ${version}`

function clauseCells({ path, direction, was, is, before, after }: ClauseChange): readonly string[] {
  const said = (value: string | undefined, clause: ClauseChange['before']) =>
    [value, clause === undefined ? undefined : `(${clauseInWords(clause)})`].filter((each) => each !== undefined).join(' ')
  return [direction, path, said(was, before), said(is, after)]
}

function agreementLines({ before, after, clauses }: AgreementChange): readonly string[] {
  return [
    `### ${inline(versionInWords(before))} to ${inline(versionInWords(after))}`,
    '',
    ...table(['', 'clause', 'before', 'after'], clauses.map(clauseCells)),
    '',
  ]
}

const reasonInWords = ({ says, clause, name }: Reason) =>
  [says, name, clause && `(${clauseInWords(clause)})`].filter((each) => each !== undefined).join(' ')

/** A branch where all below it is there, and no more than a few. */
function shortly(keys: readonly string[], tree: Readonly<Record<string, unknown>>): string {
  const all = new Set(keys)
  if (all.size === Object.keys(tree).length) return 'all'
  const covered = (key: string): boolean => all.has(key) && children(tree, key).every(covered)
  const tops = keys.filter((key) => {
    const dot = key.lastIndexOf('.')
    return dot < 0 || !covered(key.slice(0, dot))
  })
  // A branch whose members are not all there stands for itself alone; it is told by them.
  const shown = tops.filter((key) => covered(key) || children(tree, key).length === 0)
  const list = shown.length === 0 ? tops : shown
  return list.length <= 6 ? list.join(', ') : `${list.slice(0, 6).join(', ')} and ${list.length - 6} more`
}

function flipRow({ from, to, was, is, requests, because, cause, services: asked, data, uses: used }: Flips): readonly string[] {
  const against = (reasons: readonly Reason[]) => reasons.map(reasonInWords).join(' ')
  return [
    `${from} → ${to}`,
    `${was} to ${is}`,
    requests.toLocaleString('en-US'),
    cause === 'together' ? 'several of these together' : against(because.before),
    cause === 'together' ? '' : against(because.after),
    [shortly(asked as readonly Service[], services), shortly(data, dataClasses), shortly(used, uses)].join('; '),
  ]
}

const list = (title: string, names: readonly VersionName[]): readonly string[] =>
  names.length === 0 ? [] : [`${title}: ${names.map((each) => inline(versionInWords(each))).join(', ')}.`, '']

/** What changed as Markdown, for a pull request: one sentence, the clauses, the decisions by cause, and a request for each. */
export function diffInMarkdown(found: Diff): string {
  const { agreements, added, removed, requests, outcomes, flips, undecided } = found
  const total = outcomes.reduce((sum, each) => sum + each.requests, 0)
  const open =
    undecided.length === 0
      ? ''
      : ` Not decided, for there are too many: ${undecided.map(({ from, to }) => inline(`${from} → ${to}`)).join(', ')}.`
  const counts = outcomes.map((each) => `${each.was} to ${each.is} ${each.requests.toLocaleString('en-US')}`).join(', ')
  const lines = [
    total === 0
      ? `**Of ${counted(requests, 'request')} none is decided in another way.**${open}`
      : `**Of ${requests.toLocaleString('en-US')} requests ${total.toLocaleString('en-US')} are decided in another way: ${counts}.**${open}`,
    '',
    ...list('Added', added),
    ...list('Removed', removed),
    ...agreements.flatMap(agreementLines),
    ...(flips.length === 0
      ? []
      : [
          '### Decisions',
          '',
          ...table(
            ['', 'outcome', 'requests', 'against it before', 'against it now', 'services; data; uses'],
            flips.map(flipRow),
          ),
          '',
          `<details><summary>A request for each (${flips.length})</summary>`,
          '',
          ...table(
            ['outcome', 'request'],
            flips.map((each) => [`${each.was} to ${each.is}`, JSON.stringify(each.witness)]),
          ),
          '',
          '</details>',
        ]),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}
