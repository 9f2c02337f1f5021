import { type Citation, type Confirmation, formatCitation } from '@phi/core'
import { text } from '../federal/common.ts'
import type { RequestKind } from './kinds.ts'

/** Something that an answer must contain, or that must be done for it to count. */
export interface ChecklistItem<Id extends string = string> {
  readonly id: Id
  readonly says: string
  readonly citation: Citation
  /** When it is needed; without it, always. */
  readonly onlyIf?: string
}

const item = <const Id extends string>(
  id: Id,
  says: string,
  section: string,
  more: { readonly onlyIf?: string; readonly confirmation?: Confirmation } = {},
): ChecklistItem<Id> => ({
  id,
  says,
  citation: text(`45 CFR ${section}`, more.confirmation),
  ...(more.onlyIf !== undefined && { onlyIf: more.onlyIf }),
})

const complaint = (section: string) =>
  [
    item('complaint', 'how to complain to the covered entity or to the Secretary', section),
    item('contact', 'name or title, and telephone number, of the contact person or office', section),
  ] as const

const extensionOf = (paragraph: string) =>
  [
    item('in-time', 'the statement is given inside the first period', `${paragraph}(A)`),
    item('written', 'it is in writing', `${paragraph}(A)`),
    item('reasons', 'it gives the reasons for the delay', `${paragraph}(A)`),
    item('date', 'it gives the date by which the action will be complete, inside the additional period', `${paragraph}(A)`),
    item('once', 'the time was not extended before', `${paragraph}(B)`),
  ] as const

/** The lists of each kind of request. A list that the text does not have is empty. */
export const requestChecklists = {
  access: {
    extension: extensionOf('164.524(b)(2)(ii)'),
    fulfilment: [
      item('informed', 'the individual was informed of the acceptance', '164.524(b)(2)(i)(A)'),
      item('provided', 'the access requested was provided', '164.524(c)(1)'),
      item('form-and-format', 'in the form and format requested, if readily producible, or as agreed', '164.524(c)(2)'),
    ],
    denial: [
      item('plain-language', 'the denial is in plain language', '164.524(d)(2)'),
      item('basis', 'the basis for the denial', '164.524(d)(2)(i)'),
      item('review-rights', 'the right to a review, and how to use it', '164.524(d)(2)(ii)', {
        onlyIf: 'a ground is reviewable',
      }),
      ...complaint('164.524(d)(2)(iii)'),
    ],
    reviewNotice: [item('written', 'the determination of the reviewing official, in writing', '164.524(d)(4)')],
  },
  amendment: {
    extension: extensionOf('164.526(b)(2)(ii)'),
    fulfilment: [
      item('records-identified', 'the affected records were identified', '164.526(c)(1)'),
      item('amendment-linked', 'the amendment was appended, or linked, to them', '164.526(c)(1)'),
      item('original-preserved', 'the original record still stands', '164.526(c)(1)', { confirmation: 'interpretation' }),
      item('informed', 'the individual was informed of the acceptance', '164.526(c)(2)'),
      item('agreement-sought', 'the individual was asked whom else to inform, and for agreement', '164.526(c)(2)'),
    ],
    denial: [
      item('plain-language', 'the denial is in plain language', '164.526(d)(1)'),
      item('basis', 'the basis for the denial', '164.526(d)(1)(i)'),
      item('disagreement', 'the right to a written statement of disagreement, and how to file it', '164.526(d)(1)(ii)'),
      item('inclusion', 'the right to have request and denial go with future disclosures', '164.526(d)(1)(iii)'),
      ...complaint('164.526(d)(1)(iv)'),
    ],
    reviewNotice: [],
  },
  accounting: {
    extension: extensionOf('164.528(c)(1)(ii)'),
    fulfilment: [
      item('written', 'the accounting is in writing', '164.528(b)'),
      item(
        'period',
        'it covers the six years, or the shorter time that was asked for, with business associates',
        '164.528(b)(1)',
      ),
      item('dates', 'the date of each disclosure', '164.528(b)(2)(i)'),
      item('recipients', 'who received it, with the address if known', '164.528(b)(2)(ii)'),
      item('descriptions', 'what was disclosed, in brief', '164.528(b)(2)(iii)'),
      item('purposes', 'the purpose, or a copy of the written request', '164.528(b)(2)(iv)'),
    ],
    denial: [],
    reviewNotice: [],
  },
  restriction: {
    extension: [],
    // The paragraph prints 160.530(j), which has no such paragraph; 164.530(j) is meant.
    fulfilment: [item('documented', 'the restriction is documented', '164.522(a)(3)')],
    denial: [],
    reviewNotice: [],
  },
  'confidential-communication': {
    extension: [],
    fulfilment: [item('alternative-set', 'communications go by the other means or to the other place', '164.522(b)(1)')],
    denial: [],
    reviewNotice: [],
  },
} as const satisfies Readonly<
  Record<
    RequestKind,
    {
      readonly extension: readonly ChecklistItem[]
      readonly fulfilment: readonly ChecklistItem[]
      readonly denial: readonly ChecklistItem[]
      readonly reviewNotice: readonly ChecklistItem[]
    }
  >
>

/** What a valid extension, fulfilment, denial and notice of review must contain. */
export interface RequestChecklist {
  readonly extension: readonly ChecklistItem[]
  readonly fulfilment: readonly ChecklistItem[]
  readonly denial: readonly ChecklistItem[]
  readonly reviewNotice: readonly ChecklistItem[]
}

export const checklistOf = (kind: RequestKind): RequestChecklist => requestChecklists[kind]

const idsOf = (list: 'fulfilment' | 'denial'): string[] => [
  ...new Set(
    Object.values(requestChecklists as Record<string, RequestChecklist>).flatMap((each) => each[list].map(({ id }) => id)),
  ),
]

export const fulfilmentIds = idsOf('fulfilment')
export const denialIds = idsOf('denial')

/** The items of a list that are not there. */
export const missingOf = (list: readonly ChecklistItem[], there: readonly string[]): readonly ChecklistItem[] =>
  list.filter(({ id }) => !there.includes(id))

export const citationsOf = (items: readonly { readonly citation: Citation }[]): readonly string[] => [
  ...new Set(items.map(({ citation }) => formatCitation(citation))),
]
