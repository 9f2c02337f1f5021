import * as z from 'zod'
import { evaluate } from '../../evaluate/evaluate.ts'
import { nppEnrollment, nppFirstService, nppReminder, nppRevision } from '../../federal/npp.ts'
import { type GoldenAdapter, goldenAdapter } from '../adapter.ts'
import { atMostOne, dueOf, flag, moment, momentOf, plainKeys, statusProse, whenFacts } from './common.ts'

const actor = z.literal('health plan').optional()
const when = ({ today }: { readonly today?: string | undefined }) => (today === undefined ? undefined : { today })

const reminder = goldenAdapter({
  rule: 'npp.reminder',
  facts: z.strictObject({ ...whenFacts, lastReminder: moment.nullish(), actor }),
  answer: ({ lastReminder, timeZone, ...rest }) => {
    const [result] = evaluate(nppReminder, { lastReminder, timeZone }, when(rest))
    return { results: result, found: plainKeys(result), prose: { status: statusProse(result) } }
  },
})

const enrollment = goldenAdapter({
  rule: 'npp.enrollment',
  facts: z.strictObject({ ...whenFacts, enrolled: moment.nullish(), actor }),
  answer: ({ enrolled, timeZone, ...rest }) => {
    const [result] = evaluate(nppEnrollment, { enrolled, timeZone }, when(rest))
    return { results: result, found: plainKeys(result), prose: { status: statusProse(result) } }
  },
})

const revision = (rule: string): GoldenAdapter =>
  goldenAdapter({
    rule,
    facts: z.strictObject({
      ...whenFacts,
      materialRevision: moment.nullish(),
      effective: moment.nullish(),
      postsOnWeb: flag.nullish(),
      actor,
    }),
    meanings: [{ key: 'mail', says: /^(?:in )?(?:its |the )?next annual mailing$/i, means: 'in its next annual mailing' }],
    answer: ({ materialRevision, effective, postsOnWeb, timeZone, ...rest }) => {
      const results = evaluate(nppRevision, { materialRevision, effective, postsOnWeb, timeZone }, when(rest))
      const duty = (id: string) => results.find((result) => result.duty === id)
      const provide = duty('npp.revision.provide')
      const mail = duty('npp.revision.mail')
      return {
        results,
        found: { ...plainKeys(provide), postBy: dueOf(duty('npp.revision.post')) },
        prose: { status: statusProse(provide), mail: mail?.standard === undefined ? [] : [mail.standard] },
      }
    },
  })

const firstService = goldenAdapter({
  rule: 'npp.first-service',
  facts: z
    .strictObject({
      ...whenFacts,
      firstService: moment.nullish(),
      firstServiceAt: moment.nullish(),
      electronic: flag.nullish(),
      emergency: flag.nullish(),
    })
    .refine(atMostOne('firstService', 'firstServiceAt')),
  meanings: [
    {
      key: 'provide',
      says: /^automatically and contemporaneously (?:with|in response to)(?: the| an individual's)? first request for service$/i,
      means: 'npp.provide.electronic',
    },
    {
      key: 'provide',
      says: /^(?:by|no later than) (?:the )?date of (?:the )?first service/i,
      means: 'npp.provide.first-service',
    },
    { key: 'provide', says: /^as soon as reasonably practicable/i, means: 'npp.provide.emergency' },
  ],
  answer: ({ firstService: date, firstServiceAt: at, electronic, emergency, timeZone, ...rest }) => {
    // The duty is of a day. A local time without a zone names its own, and no instant is made of it.
    const own = timeZone === undefined && at != null && !/Z$|[+-]\d\d:\d\d$|\]$/.test(at) ? at.slice(0, 10) : undefined
    const moment = own ?? momentOf(date, at, timeZone)
    const results = evaluate(nppFirstService, { firstService: moment, electronic, emergency, timeZone }, when(rest))
    const provide = results.find(({ duty }) => duty === 'npp.provide')
    return {
      results,
      found: plainKeys(provide),
      prose: { status: statusProse(provide), provide: provide === undefined ? [] : [provide.rule] },
    }
  },
})

/** The notice of privacy practices: 45 CFR 164.520(c). */
export const noticeAdapters: readonly GoldenAdapter[] = [
  reminder,
  enrollment,
  revision('npp.revision.no-website'),
  revision('npp.revision.website'),
  firstService,
]
