import type { Confirmation } from '../../packages/core/src/index.ts'
import type { Answer, ControlRow } from './row.ts'
import { controlRows, sections } from './table.ts'

/** Text that cannot end a cell or start a link. */
const cell = (text: string): string => text.replace(/[|\\<>[\]]/g, (character) => `\\${character}`)

const confirmedBy: Readonly<Record<Confirmation, string | undefined>> = {
  'text-seen': undefined,
  secondary: 'from a secondary source',
  memory: 'from memory',
  interpretation: 'our reading',
  weak: 'from a weak source',
}

const citationOf = ({ citation, standing, confirmation }: ControlRow): string => {
  const notes = [standing, confirmedBy[confirmation]].filter((note) => note !== undefined)
  return `${citation}${notes.length === 0 ? '' : `<br>${notes.join(', ')}`}`
}

/** A link from docs/ to a file of the repository. */
const linked = (path: string): string => {
  const name = path
    .replace(/^docs\//, '')
    .replace(/^packages\/([a-z]+)\/README\.md$/, '@phi/$1')
    .replace(/^packages\//, '')
    .replace(/\.md$/, '')
  return `[${name}](${path.startsWith('docs/') ? path.slice('docs/'.length) : `../${path}`})`
}

const count = (answer: Answer): number => controlRows.filter((row) => row.answer === answer).length
const comment = '<!-- Written by scripts/controls/main.ts from scripts/controls/table.ts. Do not edit. -->'

function matrixLine(row: ControlRow): string {
  const tests = row.tests.map(({ file, title }) => `[${file.replace(/^packages\//, '')}](../${file}): ${cell(title)}`)
  const requirements = row.requirements.length === 0 ? [] : [`[requirements](requirements.md) ${row.requirements.join(', ')}`]
  const shown = tests.length === 0 ? 'none' : [...tests, ...requirements].join('<br>')
  return `| ${citationOf(row)} | ${cell(row.asks)} | ${row.answer} | ${cell(row.gives)} (${row.guides.map(linked).join(', ')}) | ${shown} |`
}

/** docs/controls.md */
export function renderedMatrix(): string {
  const tables = sections.map(
    ({ title, rows }) =>
      `## ${title}\n\n| text | asks | answer | what these packages do | shown by |\n|---|---|---|---|---|\n${rows.map(matrixLine).join('\n')}\n`,
  )
  return `# Controls: from the text to the test

${comment}

For whoever fills in a security questionnaire or prepares an assessment: which provision is helped by what, and which test shows it.
${controlRows.length} provisions: ${count('feature')} that a package does where you put it in the way (feature), ${count('part')} that one helps with (part), and ${count('yours')} that no
library can do (yours). For the last two, [What code cannot do](what-code-cannot-do.md) says what stays with you and who usually does it.

How to read a row:

- **feature** means that the code does it in the paths that go through it, on the conditions that its tests set up. It does not mean that
  you meet the provision: whether every path goes through it is yours to see to.
- A test is named by its file and by the beginning of its title. Search the file for the title, or run it: \`npx vitest run <file>\`.
  A title that is longer than what stands here begins with it.
- *standard*, *required* and *addressable* are the words of 45 CFR 164.306 for the Security Rule, where the tables of these packages hold
  them. A text without one of these words is no specification of that rule, or its standing is not in the tables.
- A citation was read in a public copy of the regulations of 2019 unless it says otherwise: *from memory* means that nobody here has read
  that text; *our reading* means that the text does not say so by itself. Check it before you rely on it.

Limits. Only provisions that a cited table of a package holds are rows: specifications that no table cites (on malicious software,
log-in monitoring, password management, emergency mode and criticality analysis, facility security plans, among others) have none, although
the detectors of [@phi/audit](detect-misuse.md) watch sign-ins. What the text asks is put in our words. Nothing here is legal advice, and no row adds up to compliance.

${tables.join('\n')}`
}

function humanLine(row: ControlRow): string {
  return `| ${row.citation} | ${cell(row.asks)} | ${cell(row.yours ?? '')} | ${cell(row.who ?? '')} | ${row.answer === 'yours' ? '' : 'Helps: '}${cell(row.gives)} (${row.guides.map(linked).join(', ')}) |`
}

/** docs/what-code-cannot-do.md */
export function renderedLimits(): string {
  const tables = sections.map(({ title, rows }) => {
    const lines = rows.filter(({ answer }) => answer !== 'feature').map(humanLine)
    return `## ${title}\n\n| text | asks | what stays yours | usually done by | what these packages give |\n|---|---|---|---|---|\n${lines.join('\n')}\n`
  })
  return `# What code cannot do

${comment}

HIPAA asks most of people. This page lists, provision by provision, what stays with you when every package of this repository is in use: ${count('yours')}
provisions that no library can meet, and your part of ${count('part')} more. The rows are those of [Controls](controls.md), and a test holds the two together.

In short, no package here:

- **analyses your risks.** It keeps the analysis, its owners and its age. What threatens you, and which risk you accept, is a judgement.
- **trains or sanctions anybody, names an official, or writes a policy.** It keeps that it was done, by whom, and until when that holds.
- **plans for the day without the system.** Backups, restores and exercises are operations; a calendar says when they are due.
- **locks a door or wipes a laptop.** Facilities, workstations and media are yours, or your hosting provider's.
- **signs an agreement.** It finds missing clauses and stops data where nothing was signed. Whether a clause says what it should is for counsel.
- **decides a request.** Access, amendment, restriction, confidential channels: it keeps the clock and the record. The answer is yours.
- **knows the minimum necessary.** It shows the fields that you said a purpose needs.
- **finds out who somebody is.** It believes the identity provider and the registration desk that you chose.
- **assesses a breach, or sends a notice.** It presumes a breach, says who is owed what by when, and refuses to call an incomplete notice one.
- **knows the law of your State.** Its rows carry how well each is confirmed, and what would shorten or silence a duty waits for the signature of your counsel.
- **sees what does not go through it**: paper, telephone, screenshots, e-mail sent by hand, a query in a database console, another system.

"Usually done by" is a suggestion; your organization decides. Nothing here is legal advice, and the list is as complete as the rows of Controls are:
its limits stand there.

${tables.join('\n')}`
}
