import type { DoctorReport } from './doctor.ts'
import type { DoctorFinding } from './findings.ts'
import type { Power } from './powers.ts'

const marks = { break: 'WRONG  ', unknown: 'UNSEEN ', warn: 'note   ' } as const

/** Names come from the database: whoever may create objects there chooses them. No control character reaches the terminal. */
const plain = (text: string): string =>
  [...text].map((character) => (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(character) ? '\u{fffd}' : character)).join('')

function wrapped(text: string, indent: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of plain(text).split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, indent + line]
}

function findingLines({ severity, object, meaning, found, expected, remedy, code }: DoctorFinding, width: number): string[] {
  const indent = '       '
  return [
    plain(`${marks[severity]}${object}  [${code}]`),
    ...wrapped(meaning, indent, width),
    ...wrapped(`found:    ${found}`, indent, width),
    ...wrapped(`expected: ${expected}`, indent, width),
    ...wrapped(`what to do: ${remedy}`, indent, width),
  ]
}

const isSame = (a: Power, b: Power) => a.code === b.code && a.objects.join() === b.objects.join()

const MOST = 12

/** Functions without their parameters, tables instead of their columns, and not too many of either. */
function named(objects: readonly string[]): string {
  const names = [...new Set(objects.map((name) => name.replace(/\(.*\)$/, '').replace(/\..*$/, ' (columns)')))]
  return names.length > MOST ? `${names.slice(0, MOST).join(', ')} and ${names.length - MOST} more` : names.join(', ')
}

/** A report as plain text for a terminal: ASCII layout, no colours, lines of at most `width` characters where words allow. */
export function renderDoctor(report: DoctorReport, options: { readonly width?: number } = {}): string {
  const width = options.width ?? 100
  const { findings, accepted, roles, schema } = report
  const count = (severity: DoctorFinding['severity']) => findings.filter((finding) => finding.severity === severity).length
  const verdict = report.ok
    ? 'Everything that is checked is as the migrations make it.'
    : `${count('break')} wrong, ${count('unknown')} that this login may not see.`
  const lines = [`Schema phi, version ${schema.version ?? 'unseen'} of ${schema.latest}. ${verdict}`]
  for (const finding of findings) lines.push('', ...findingLines(finding, width))
  if (accepted.length > 0) {
    lines.push('', 'Accepted by name:')
    for (const { object, code } of accepted) lines.push(plain(`  ${object}  [${code}]`))
  }
  lines.push('', 'Whoever holds a role:')
  for (const { role, login, can } of roles) {
    lines.push(plain(`  ${role}${login ? '' : ' (no login)'}`))
    const through = roles.filter(({ role: other }) => can.find(({ code }) => code === 'act-as')?.objects.includes(other))
    // What a role can do is said where the role stands, not again at everybody who holds it.
    const own = can.filter((power) => !through.some(({ can: theirs }) => theirs.some((other) => isSame(power, other))))
    if (can.length === 0) lines.push('    can do nothing with the schema phi')
    for (const { says, objects } of own)
      lines.push(...wrapped(objects.length === 0 ? says : `${says}: ${named(objects)}`, '    ', width))
  }
  return `${lines.join('\n')}\n`
}
