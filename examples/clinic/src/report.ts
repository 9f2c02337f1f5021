import type { Finding, VerificationReport } from '@phi/audit'
import { bold, checked, count, dim, green, line, paragraph, red, yellow } from './screen.ts'

const colours = { intact: green, broken: red, unverifiable: yellow }

/** A number, or the first characters of a hash: enough to tell two apart by eye. */
const short = (text: string): string => (/^\d+$/.test(text) ? count(Number(text)) : `${text.slice(0, 12)}…`)

/** A verification report, for somebody who has never seen one. */
export function showReport({ verdict, coverage, findings, findingsDropped }: VerificationReport): void {
  const { checked: entries, anchoredTo, unanchoredTail, withheld } = coverage
  // What a signature covers is worth a word only where the entries are what was signed.
  const signed =
    verdict === 'broken'
      ? ''
      : unanchoredTail === 0
        ? 'all under a signature'
        : `signed up to entry ${count(anchoredTo - 1)}, ${count(unanchoredTail)} after`
  const parts = [`${count(entries)} entries checked`, signed, withheld > 0 ? `${count(withheld)} parts withheld` : '']
  line(`Verdict ${bold(colours[verdict](verdict))}: ${parts.filter((part) => part !== '').join(', ')}.`)
  for (const finding of findings.slice(0, 3)) showFinding(finding)
  const more = findings.length - 3 + findingsDropped
  if (more > 0) line(dim(`and ${count(more)} more findings`))
}

function showFinding({ code, index, group, meaning, expected, found }: Finding): void {
  const where = [index === undefined ? '' : `entry ${count(index)}`, group === undefined ? '' : `group "${group}"`].filter(
    (part) => part !== '',
  )
  line(`${red(code)}${where.length > 0 ? `: ${bold(where.join(', '))}` : ''}`)
  paragraph(meaning, '  ')
  if (expected !== undefined) line(dim(`  expected ${short(expected)}${found === undefined ? '' : `  found ${short(found)}`}`))
}

/** Statements of the story that the program has checked. The exit code of the demo is whether all of them hold. */
export class Claims {
  readonly failed: string[] = []

  check(holds: boolean, text: string): void {
    if (!holds) this.failed.push(text)
    checked(holds, text)
  }
}
