import { cite } from '@phi/core'
import type { Override } from './policy.ts'

const seen = { confirmation: 'text-seen' } as const
const read = { confirmation: 'secondary' } as const

/**
 * What a forbid may name in `unless` without the policy defining it. Each opens only the forbids that name it, and leaves
 * behind what the law then asks for.
 */
export const builtInOverrides = {
  /**
   * Emergency treatment: an agreed restriction does not stand in its way; whoever receives the information is asked not to use
   * or disclose it further.
   */
  emergency: {
    when: { op: 'purpose', is: ['ETREAT'] },
    obligations: [
      {
        type: 'refrain',
        code: 'NOREUSE',
        notice: 'Disclosed for emergency treatment despite a restriction: do not use or disclose it further.',
      },
    ],
    cite: [cite('45 CFR 164.522(a)(1)(iii)', seen), cite('45 CFR 164.522(a)(1)(iv)', seen)],
  },
  /** A valid authorization of the individual. */
  authorization: { when: { op: 'granted', kind: 'authorization' }, cite: [cite('45 CFR 164.508(c)', seen)] },
  /** Written consent to disclose a Part 2 record, which travels with a notice that prohibits redisclosure. */
  consent: {
    when: { op: 'granted', kind: 'consent' },
    obligations: [
      {
        type: 'refrain',
        code: 'NORDSCLCD',
        notice: '42 CFR Part 2 prohibits unauthorized use or disclosure of these records.',
      },
    ],
    cite: [cite('42 CFR 2.31', read), cite('42 CFR 2.32', read)],
  },
  /** A medical emergency in which consent cannot be had; it is written down at once. */
  'medical-emergency': {
    when: { op: 'purpose', is: ['ETREAT'] },
    obligations: [
      {
        type: 'document',
        record: ['recipient and its facility', 'person who disclosed', 'date and time', 'nature of the emergency'],
      },
    ],
    cite: [cite('42 CFR 2.51', read)],
  },
  /** A glass that was broken for this patient, by this actor, within the last hour. */
  'break-glass': {
    when: { op: 'granted', kind: 'break-glass' },
    obligations: [{ type: 'break-glass', notify: ['privacy-officer'], reviewWithinHours: 72 }],
    cite: [cite('45 CFR 164.312(a)(2)(ii)', seen)],
  },
} as const satisfies Readonly<Record<string, Override>>

export type BuiltInOverride = keyof typeof builtInOverrides

/** Kinds of grants that every policy knows. */
export const builtInGrants = ['break-glass', 'authorization', 'consent'] as const
