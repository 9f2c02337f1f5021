import { sources } from './list.ts'
import type { Row, RowStatus } from './table.ts'

const marks: Readonly<Record<RowStatus, string>> = {
  proven: '●',
  failing: '✗',
  skipped: '○',
  missing: '–',
}

/** Text that cannot end a cell or start a link. */
const cell = (text: string): string => text.replace(/[|\\<>[\]]/g, (character) => `\\${character}`)

function shownBy({ tests }: Row): string {
  const files = [...new Set(tests.filter(({ status }) => status === 'passed').map(({ file }) => file))]
  return files.map((file) => `[${cell(file.replace(/^packages\//, ''))}](../${file})`).join(', ') || 'nothing yet'
}

/** The table as a page of docs/, with links to the tests. */
export function rendered(rows: readonly Row[]): string {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const proven = rows.filter(({ status }) => status === 'proven').length
  const parts = sources.map(({ title, requirements }) => {
    const lines = requirements.map(({ id, owners, asks }) => {
      const row = byId.get(id) as Row
      return `| ${id} | ${marks[row.status]} | ${cell(asks)} | ${owners.map((owner) => `\`${owner}\``).join(' ')} | ${shownBy(row)} |`
    })
    return `## ${title}\n\n| id | | asks | packages | tests |\n|---|---|---|---|---|\n${lines.join('\n')}\n`
  })
  return `# Requirements, and the tests that show them

<!-- Written by \`npm run requirements\` from a run of the tests. Do not edit. -->

What four public documents about three therapy platforms ask for, in our words, and ten places where they conflict with the law or with
themselves. A test shows a row where the id stands at the head of its title. ${proven} of ${rows.length} rows were shown when this page was written.

● shown by at least one test that passes, and none that fails · ✗ a test fails · ○ no test of it could run · – no test

A row that is shown means that the code does what the sentence says, on the conditions that its tests set up. Where the sentence is about
people (training, officers, locks on doors) the code keeps the record of it, and the doing is yours.

${parts.join('\n')}`
}
