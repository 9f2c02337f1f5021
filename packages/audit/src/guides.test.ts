import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { plain, promised, runFirstProgram } from '../../core/test/readme.ts'
import { anchorErrors } from './anchor/index.ts'
import { detectErrors } from './detect/index.ts'
import { disclosureErrors } from './disclosures/index.ts'
import { linesErrors } from './evidence/jsonl-errors.ts'
import { tlogProofErrors } from './evidence/tlog-proof-errors.ts'
import { exportErrors } from './export/index.ts'
import { fhirErrors } from './fhir/index.ts'
import { forwardErrors } from './forward/index.ts'
import { spoolErrors } from './spool/index.ts'
import { tilesErrors } from './tiles/index.ts'
import { witnessErrors } from './witness/index.ts'

const home = fileURLToPath(new URL('..', import.meta.url))

/** Each guide with the errors that its tables hold, in their order. */
const guides = [
  ['witness', [witnessErrors]],
  ['tiles-and-anchors', [tilesErrors, anchorErrors, linesErrors, tlogProofErrors]],
  ['export-a-log', [exportErrors]],
  ['fhir-audit-events', [fhirErrors]],
  ['forward-to-a-siem', [forwardErrors]],
  ['account-for-disclosures', [disclosureErrors]],
  ['detect-misuse', [detectErrors]],
  ['audit-spool', [spoolErrors]],
] as const

describe.each(guides)('docs/%s.md', (name, catalogues) => {
  const read = () => readFile(`${home}../../docs/${name}.md`, 'utf8')

  it('its programs run as printed', { timeout: 120_000 }, async () => {
    const programs = [...(await read()).matchAll(/^```ts\n.*?^```$/gms)].map(([block]) => block)
    expect(programs.length).toBeGreaterThan(0)
    const folder = `${home}.tmp/guide-${name}-${process.pid}`
    await mkdir(folder, { recursive: true })
    try {
      for (const program of programs) {
        await writeFile(`${folder}/README.md`, program)
        const { stdout, stderr, code } = await runFirstProgram(`${folder}/README.md`)
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
        const lines = stdout === '' ? [] : stdout.trimEnd().split('\n')
        expect(lines.map(plain)).toEqual(promised(program).map(plain))
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('names every error, what happened and what to do', async () => {
    const [, ...tables] = ((await read()).split('\n## Errors\n')[1] ?? '').split('| code | what happened | what to do |')
    const wanted = catalogues.map((catalogue) =>
      Object.entries(catalogue as Record<string, { problem: string; remedy: string; retryable?: boolean }>).map(
        ([code, { problem, remedy, retryable }]) =>
          `| \`${code}\`${retryable === true ? ' ↻' : ''} | ${problem}. | ${remedy} |`,
      ),
    )
    expect(tables.map((table) => table.split('\n').filter((line) => line.startsWith('| `')))).toEqual(wanted)
  })
})
