import { formatCitation } from '@phi/core'
import { dateOf } from '../machine/history.ts'
import { noticesOf } from './met.ts'
import { type NoticeAddressee, type NoticeItemId, noticeChecklists } from './notice-items.ts'
import { contentOf, discovery, headcount, type Incident, investigationOf } from './record.ts'

/** One item of a notice, with what the record has for it. */
export interface NoticeField {
  readonly item: NoticeItemId
  readonly says: string
  readonly citation: string
  /** `not-possible`: the text asks for it only as far as possible, and the record says that it is not. */
  readonly status: 'filled' | 'missing' | 'not-possible'
  readonly value?: unknown
}

/** The material of a notice, item by item. Putting it into plain words is for a person. */
export interface NoticeDraft {
  readonly addressee: NoticeAddressee
  readonly jurisdiction?: string
  readonly fields: readonly NoticeField[]
  readonly contains: readonly NoticeItemId[]
  readonly notPossible: readonly NoticeItemId[]
  readonly missing: readonly NoticeItemId[]
}

/** What the record has for each item. `undefined`: nothing. */
function valuesOf(incident: Incident): Readonly<Partial<Record<NoticeItemId, unknown>>> {
  const { content } = contentOf(incident)
  const { categories, occurred } = investigationOf(incident)
  const contact = content.contact && Object.keys(content.contact).length > 0 ? content.contact : undefined
  const notices = noticesOf(incident)
  const told = notices.find(({ addressee }) => addressee === 'individuals')
  const media = notices.flatMap(({ addressee, jurisdiction }) => (addressee === 'media' && jurisdiction ? [jurisdiction] : []))
  return {
    'what-happened': content.whatHappened,
    'date-of-breach': occurred ?? undefined,
    'date-of-discovery': dateOf(discovery(incident).at),
    'types-of-phi': categories,
    steps: content.steps,
    investigating: content.investigating,
    mitigating: content.mitigating,
    protecting: content.protecting,
    contact,
    'plain-language': content.plainLanguage === true ? true : undefined,
    identification: content.individualsList,
    'reporting-entity': content.reportingEntity,
    'number-of-individuals': headcount(incident).individuals ?? undefined,
    'type-of-breach': content.typeOfBreach,
    location: content.location,
    safeguards: content.safeguards,
    'date-of-individual-notice': told?.at,
    'media-notice': incident.role === 'covered-entity' ? [...new Set(media)] : undefined,
    'actions-taken': content.actionsTaken,
    attestation: content.attestation === true ? true : undefined,
  }
}

/**
 * The material of a notice to an addressee, as far as the record has it. Pass it to `checkNotice`, and give its `contains` and
 * `notPossible` to the event `notified` once a person has written the notice.
 * @param jurisdiction for media, the State whose outlets are notified
 */
export function noticeDraft(incident: Incident, addressee: NoticeAddressee, jurisdiction?: string): NoticeDraft {
  const values = valuesOf(incident)
  const excused = new Set<string>(contentOf(incident).notPossible)
  if (investigationOf(incident).occurred === null) excused.add('date-of-breach')
  const fields = noticeChecklists[addressee].map((item): NoticeField => {
    const { id, says } = item
    const value = values[id]
    const status = value !== undefined ? 'filled' : item.asFarAsPossible && excused.has(id) ? 'not-possible' : 'missing'
    return { item: id, says, citation: formatCitation(item.citation), status, ...(value !== undefined && { value }) }
  })
  const having = (status: NoticeField['status']) => fields.filter((field) => field.status === status).map(({ item }) => item)
  return {
    addressee,
    ...(jurisdiction !== undefined && { jurisdiction }),
    fields,
    contains: having('filled'),
    notPossible: having('not-possible'),
    missing: having('missing'),
  }
}
