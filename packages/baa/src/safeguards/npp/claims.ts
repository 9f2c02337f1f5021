import { type DataClass, dataClasses, formatCitation, isDataClass, parseAs } from '@phi/core'
import * as z from 'zod'
import { freeze } from '../../freeze.ts'
import { from, text } from '../control.ts'
import { safeguardError } from '../errors.ts'

/** A sentence for patients, with the text it rests on. */
export interface Explained {
  readonly says: string
  readonly citation: string
}

/** What goes to an insurer with a claim, and what limits it: S62. */
export interface ClaimsExplanation {
  /** The classes of data, as the taxonomy calls them. */
  readonly shared: readonly { readonly class: DataClass; readonly label: string }[]
  readonly statements: readonly Explained[]
}

const statements: readonly Explained[] = Object.freeze(
  [
    [text('45 CFR 164.506(c)'), 'To be paid, we share information with your health plan. This needs no permission of yours.'],
    [text('45 CFR 164.502(b)'), 'We share no more than the minimum that the payment needs.'],
    [
      from('45 CFR 164.514(d)(3)', 'memory'),
      'What a routine claim may hold is fixed beforehand, and anything beyond it is looked at one by one.',
    ],
    [text('45 CFR 164.508(a)(2)'), 'Psychotherapy notes are not shared for payment, unless you authorize it in writing.'],
    [
      text('45 CFR 164.522(a)(1)(vi)'),
      'If you pay for an item in full yourself and ask us to, we do not tell your health plan of it.',
    ],
    [from('42 CFR 2.31', 'memory'), 'Records of a substance use disorder program need your consent.'],
  ].map(([citation, says]) =>
    Object.freeze({ says: says as string, citation: formatCitation(citation as ReturnType<typeof text>) }),
  ),
)

const schema = z.array(z.custom<DataClass>(isDataClass, 'must be a data class of the taxonomy')).min(1).max(200)

/**
 * Explains to patients what goes to their insurer with a claim, and how the minimum necessary standard limits it.
 * @param data the classes that claims hold, of the taxonomy: what `permits` of the agreement with the clearinghouse names
 * @throws PhiError PHI_BAA_QUESTION for an empty list, or a class that is not of the taxonomy
 */
export function explainClaimsSharing(data: readonly DataClass[]): ClaimsExplanation {
  const read = parseAs(schema, data, 'data', (context) => safeguardError('PHI_BAA_QUESTION', context))
  return freeze({ shared: [...new Set(read)].map((each) => ({ class: each, label: dataClasses[each].label })), statements })
}
