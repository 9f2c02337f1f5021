import { requiredElements } from '../../packages/baa/src/index.ts'
import { formatCitation } from '../../packages/core/src/index.ts'
import { type ControlRow, part, test } from './row.ts'

/**
 * The elements of a business associate agreement that stand in a section of 45 CFR: citation and words are those of the lint of
 * `@phi/baa`.
 */
export const agreementRows = (section: string): ControlRow[] =>
  Object.entries(requiredElements)
    .filter(([, { citation }]) => citation.section.startsWith(section))
    .map(([id, { citation, element }]) =>
      part(formatCitation(citation), `In the agreement with a business associate (${id}): ${element}`, {
        gives: 'Finds an agreement, written down as data, that lacks the clause, and says what to have put in',
        packages: 'baa',
        guides: 'docs/agreements-as-data.md',
        yours: 'Reading what the clause really says, getting it signed, and keeping to it',
        who: 'management and counsel',
        requirements: 'S28',
        tests: [test('packages/baa/src/lint/lint.test.ts', 'S28 S30 S31 S32 S33 S116')],
      }),
    )
