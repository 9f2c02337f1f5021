import type { Citation, Confirmation } from '@phi/core'
import { text } from '../federal/common.ts'

/** Something that a notice must hold. */
export interface NoticeItem<Id extends string = string> {
  readonly id: Id
  readonly says: string
  readonly citation: Citation
  /** The text asks for it "to the extent possible", or "if known": what cannot be said may be marked so. */
  readonly asFarAsPossible: boolean
  /** 164.410(c)(2): may come promptly after the notice, as it becomes available. */
  readonly mayFollow: boolean
}

const item = <const Id extends string>(
  id: Id,
  says: string,
  section: string,
  more: { readonly firm?: true; readonly follows?: true; readonly confirmation?: Confirmation } = {},
): NoticeItem<Id> =>
  Object.freeze({
    id,
    says,
    citation: text(`45 CFR ${section}`, more.confirmation),
    asFarAsPossible: more.firm !== true,
    mayFollow: more.follows === true,
  })

/** 164.404(c)(1)(A) to (E), for notices to individuals and media, and for what a business associate must pass on. */
const elements = (at: (letter: string) => string, more: { readonly follows?: true } = {}) =>
  [
    item('what-happened', 'what happened, in brief', at('A'), more),
    item('date-of-breach', 'the date of the breach, if known', at('A'), more),
    item('date-of-discovery', 'the date of the discovery, if known', at('A'), more),
    item('types-of-phi', 'the types of unsecured protected health information that were involved', at('B'), more),
    item('steps', 'steps that individuals should take to protect themselves', at('C'), more),
    item('investigating', 'what is being done to investigate', at('D'), more),
    item('mitigating', 'what is being done to mitigate harm to individuals', at('D'), more),
    item('protecting', 'what is being done against further breaches', at('D'), more),
    item('contact', 'how to ask: a toll-free number, an e-mail address, a web site or a postal address', at('E'), more),
  ] as const

const direct = elements((letter) => `164.404(c)(1)(${letter})`)
const plain = item('plain-language', 'it is written in plain language', '164.404(c)(2)', { firm: true })

const portal = <const Id extends string>(id: Id, says: string) =>
  item(id, says, '164.408', { firm: true, confirmation: 'memory' })

/**
 * What each notice must hold. The Secretary is told "in the manner specified on the HHS web site" (164.408): the fields of its form
 * are from memory, and the form itself decides.
 */
export const noticeChecklists = Object.freeze({
  individuals: Object.freeze([...direct, plain]),
  // 164.406(c) refers to 164.404(c).
  media: Object.freeze([...direct, plain]),
  'covered-entity': Object.freeze([
    item('identification', 'who each affected individual is', '164.410(c)(1)'),
    ...elements(() => '164.410(c)(2)', { follows: true }),
  ]),
  secretary: Object.freeze([
    portal('reporting-entity', 'the covered entity, and the business associate if the breach was there'),
    portal('number-of-individuals', 'how many individuals are affected, or an estimate'),
    portal('date-of-breach', 'when the breach began and ended'),
    portal('date-of-discovery', 'when it was discovered'),
    portal('type-of-breach', 'the type of breach: hacking, loss, theft, unauthorized access or disclosure, improper disposal'),
    portal('location', 'where the information was: server, e-mail, laptop, paper, …'),
    portal('types-of-phi', 'the types of protected health information that were involved'),
    portal('what-happened', 'what happened, in brief'),
    portal('safeguards', 'the safeguards that were in place before'),
    portal('date-of-individual-notice', 'when individuals were notified, and whether by substitute notice'),
    portal('media-notice', 'whether media were notified, and in which States'),
    portal('actions-taken', 'what was done in response'),
    portal('attestation', 'that the information is true to the best knowledge of who files it'),
  ]),
})

/** Addressees whose notice the federal text describes. */
export type NoticeAddressee = keyof typeof noticeChecklists
export type NoticeItemId = (typeof noticeChecklists)[NoticeAddressee][number]['id']

export const noticeAddressees = Object.keys(noticeChecklists) as NoticeAddressee[]

export const noticeItemIds: readonly NoticeItemId[] = [
  ...new Set(Object.values(noticeChecklists).flatMap((list) => list.map(({ id }) => id as NoticeItemId))),
]

const lists = new Map<string, readonly NoticeItem<NoticeItemId>[]>(Object.entries(noticeChecklists))

/** The list of an addressee, or `undefined` for one of whom the federal text does not speak. */
export const noticeChecklist = (addressee: string): readonly NoticeItem<NoticeItemId>[] | undefined => lists.get(addressee)

/** What a notice holds, by the items of its list. */
export interface NoticeContent {
  readonly addressee: NoticeAddressee
  readonly contains: readonly NoticeItemId[]
  /** Items that cannot be said, where the text asks for them only as far as possible. */
  readonly notPossible?: readonly NoticeItemId[]
}

/**
 * What a notice lacks: the items that it neither holds nor may leave out. Empty when it has everything that the text asks for.
 * Whether what it says is true and clear is for a person to judge.
 */
export function checkNotice(content: NoticeContent): readonly NoticeItem<NoticeItemId>[] {
  const { contains, notPossible = [] } = content
  const list = noticeChecklist(content.addressee) ?? []
  return list.filter(({ id, asFarAsPossible }) => !contains.includes(id) && !(asFarAsPossible && notPossible.includes(id)))
}

/**
 * Words with which agreements and web pages describe a notice, and the items that they cover. Words borrowed from GDPR art. 33 cover
 * little: categories are not individuals, and consequences are not asked for.
 */
const words = new Map<string, readonly NoticeItemId[]>([
  ['nature of the breach', ['what-happened']],
  ['categories of affected individuals', []],
  ['likely consequences', []],
  ['remediation taken', ['mitigating']],
  ['date of breach', ['date-of-breach']],
  ['date of discovery', ['date-of-discovery']],
  ['types of phi involved', ['types-of-phi']],
  ['recommended mitigation', ['steps']],
  ['identification of each individual', ['identification']],
])

export const knownNoticeWords: readonly string[] = Object.freeze([...words.keys()])

/** The items that words of an agreement cover. Words that are not known cover nothing. */
export const itemsOfWords = (stated: readonly string[]): readonly NoticeItemId[] => [
  ...new Set(stated.flatMap((each) => words.get(each.trim().toLowerCase()) ?? [])),
]
