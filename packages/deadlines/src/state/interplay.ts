import { type Citation, type Confirmation, cite, type UsState } from '@phi/core'
import { freeze } from '../freeze.ts'
import type { Condition } from '../rule/condition.ts'

/**
 * What a State's law does with what HIPAA asks.
 *
 * - `additional`: the State's duty comes on top
 * - `extra-duty`: HIPAA entities have one duty more
 * - `exempt`: the law does not apply to those whom `when` describes
 * - `deemed-compliant`: who follows the federal rules counts as following this law
 * - `content-only`: the federal notice may serve for its content; the State's time stays
 * - `shorter-time-governs`: of the federal and the State's time the shorter counts
 * - `none-found`: no such clause was found; `not-clear`: what was found may not be law any more
 */
export type InterplayEffect =
  | 'additional'
  | 'extra-duty'
  | 'exempt'
  | 'deemed-compliant'
  | 'content-only'
  | 'shorter-time-governs'
  | 'none-found'
  | 'not-clear'

export interface HipaaInterplay {
  /** For rows to name it, and for counsel to sign it off: `md.hipaa`. */
  readonly id: string
  readonly state: UsState
  readonly effect: InterplayEffect
  /** For whom it silences the State's duty, once counsel has signed it off. Without it, it silences nothing. */
  readonly when?: Condition
  /** The rows that it then silences: all of its statute, or those to people and not to the regulators of the State. */
  readonly reaches?: 'all' | 'not-regulators'
  readonly citation?: Citation
  readonly confirmation: Confirmation
  readonly note: string
}

const covered: Condition = { fact: 'hipaaRole', oneOf: ['covered-entity'] }
const coveredOrAssociate: Condition = { fact: 'hipaaRole', oneOf: ['covered-entity', 'business-associate'] }
const follows: Condition = { all: [coveredOrAssociate, { fact: 'federalRulesFollowed', is: true }] }
const followsAndCopies: Condition = {
  all: [coveredOrAssociate, { fact: 'federalRulesFollowed', is: true }, { fact: 'copiedRegulators', is: true }],
}

const text = (written: string, confirmation: Confirmation) => cite(written, { confirmation, asOf: '2026-01-01' })

/** Who follows the federal rules is taken to follow this law. Notices to the State itself are not taken to be meant. */
const deemed = (
  id: string,
  state: UsState,
  confirmation: Confirmation,
  note: string,
  more: Partial<HipaaInterplay> = {},
): HipaaInterplay => ({
  id,
  state,
  effect: 'deemed-compliant',
  when: follows,
  reaches: 'not-regulators',
  confirmation,
  note,
  ...more,
})

const none = (id: string, state: UsState, confirmation: Confirmation, note: string): HipaaInterplay => ({
  id,
  state,
  effect: 'none-found',
  confirmation,
  note,
})

/**
 * One entry for each law. Nothing here silences a duty by itself: `when` counts only in a group that was made with a sign-off of
 * the entry.
 */
export const hipaaInterplays: readonly HipaaInterplay[] = freeze([
  {
    id: 'ca.facility',
    state: 'CA',
    effect: 'additional',
    confirmation: 'secondary',
    note: 'Comes on top of HIPAA, for clinics, health facilities, home health agencies and hospices that California licenses.',
  },
  {
    id: 'ca.general',
    state: 'CA',
    effect: 'content-only',
    citation: text('Cal. Civ. Code 1798.82(e)', 'memory'),
    confirmation: 'memory',
    note: 'A covered entity that fully complies with section 13402(f) of HITECH satisfies the content; the time stays.',
  },
  none('tx.none-found', 'TX', 'secondary', 'No clause for HIPAA entities was found.'),
  {
    id: 'ny.hipaa',
    state: 'NY',
    effect: 'extra-duty',
    citation: text('N.Y. Gen. Bus. Law 899-aa(9)', 'text-seen'),
    confirmation: 'text-seen',
    note: 'Covered entities also give the Attorney General what they told the Secretary.',
  },
  deemed(
    'fl.federal',
    'FL',
    'memory',
    'Notice under the rules of a federal regulator counts, if a copy goes to the Department in time.',
    {
      when: followsAndCopies,
    },
  ),
  deemed(
    'wa.hipaa',
    'WA',
    'secondary',
    'Covered entities that comply with section 13402 of HITECH; they still tell the Attorney General (that part from memory).',
    {
      when: { all: [covered, { fact: 'federalRulesFollowed', is: true }] },
    },
  ),
  {
    id: 'co.federal',
    state: 'CO',
    effect: 'shorter-time-governs',
    confirmation: 'memory',
    note: 'Where federal law sets another time, the shorter one governs.',
  },
  none('ma.none-modelled', 'MA', 'secondary', 'None in our sources.'),
  deemed(
    'il.hipaa',
    'IL',
    'secondary',
    'Compliance with HIPAA and HITECH counts; the Attorney General is then told within 5 business days of the Secretary.',
    {
      citation: text('815 ILCS 530/50', 'secondary'),
    },
  ),
  deemed('pa.hipaa', 'PA', 'memory', 'An entity that complies with HIPAA is taken to comply.'),
  {
    id: 'vt.hipaa',
    state: 'VT',
    effect: 'extra-duty',
    confirmation: 'memory',
    note: 'HIPAA entities tell the Attorney General of a HIPAA breach.',
  },
  deemed('me.federal', 'ME', 'memory', 'Compliance with the rules of a federal regulator counts.'),
  deemed('md.hipaa', 'MD', 'text-seen', 'A business that is subject to HIPAA and in compliance with it is taken to comply.', {
    citation: text('Md. Code, Com. Law 14-3507(d)', 'text-seen'),
  }),
  {
    id: 'oh.hipaa',
    state: 'OH',
    effect: 'exempt',
    when: covered,
    reaches: 'all',
    citation: text('Ohio Rev. Code 1349.19(F)', 'memory'),
    confirmation: 'memory',
    note: 'Covered entities are exempt.',
  },
  {
    id: 'or.hipaa',
    state: 'OR',
    effect: 'exempt',
    when: followsAndCopies,
    reaches: 'not-regulators',
    confirmation: 'memory',
    note: 'HIPAA entities are exempt if a copy goes to the Attorney General.',
  },
  {
    id: 'az.hipaa',
    state: 'AZ',
    effect: 'exempt',
    when: coveredOrAssociate,
    reaches: 'all',
    citation: text('Ariz. Rev. Stat. 18-552(N)', 'memory'),
    confirmation: 'memory',
    note: 'Covered entities and business associates are exempt.',
  },
  {
    id: 'nm.hipaa',
    state: 'NM',
    effect: 'exempt',
    when: coveredOrAssociate,
    reaches: 'all',
    citation: text('N.M. Stat. 57-12C-8', 'text-seen'),
    confirmation: 'text-seen',
    note: 'The act does not apply to persons who are subject to HIPAA.',
  },
  {
    id: 'tn.hipaa',
    state: 'TN',
    effect: 'exempt',
    when: coveredOrAssociate,
    reaches: 'all',
    confirmation: 'memory',
    note: 'The section does not apply to persons who are subject to HIPAA as HITECH expanded it.',
  },
  deemed(
    'al.federal',
    'AL',
    'memory',
    'Who follows federal rules is taken to comply, if the Attorney General has a copy where there are more than 1,000.',
    {
      when: followsAndCopies,
    },
  ),
  {
    id: 'in.hipaa',
    state: 'IN',
    effect: 'exempt',
    when: follows,
    reaches: 'not-regulators',
    confirmation: 'memory',
    note: 'Who keeps a policy that complies with HIPAA is exempt.',
  },
  deemed('ri.hipaa', 'RI', 'memory', 'Providers and plans that HIPAA regulates are taken to comply.'),
  {
    id: 'wi.hipaa',
    state: 'WI',
    effect: 'exempt',
    when: follows,
    reaches: 'not-regulators',
    citation: text('Wis. Stat. 134.98(3m)', 'secondary'),
    confirmation: 'secondary',
    note: 'An entity that complies with HIPAA is exempt.',
  },
  deemed(
    'ct.hipaa',
    'CT',
    'memory',
    'Compliance with HIPAA and HITECH counts, if the Attorney General is told when residents are.',
    {
      when: followsAndCopies,
    },
  ),
  deemed(
    'de.hipaa',
    'DE',
    'text-seen',
    'An entity that follows the federal rules by which it is regulated is taken to comply; a shorter federal time governs.',
    {
      citation: text('Del. Code tit. 6, 12B-103(b)', 'text-seen'),
    },
  ),
  none('la.none-found', 'LA', 'secondary', 'None was found.'),
  deemed('sd.hipaa', 'SD', 'text-seen', 'Entities that HIPAA regulates are taken to comply.', {
    citation: text('S.D. Codified Laws 22-40-26', 'text-seen'),
  }),
  none('nc.none', 'NC', 'memory', 'None.'),
  {
    id: 'va.medical',
    state: 'VA',
    effect: 'exempt',
    when: coveredOrAssociate,
    reaches: 'all',
    confirmation: 'memory',
    note: 'Does not apply to covered entities and business associates.',
  },
  none('va.none-modelled', 'VA', 'secondary', 'None in our sources.'),
  none('ga.scope', 'GA', 'weak', 'None; most providers are no information brokers.'),
  none('nj.none', 'NJ', 'memory', 'None.'),
  deemed('mi.hipaa', 'MI', 'memory', 'Who is subject to HIPAA and complies is taken to comply.', {
    citation: text('Mich. Comp. Laws 445.72(10)', 'memory'),
  }),
  {
    id: 'mn.not-clear',
    state: 'MN',
    effect: 'not-clear',
    confirmation: 'memory',
    note: 'There was an exemption for HIPAA entities; it may have been repealed.',
  },
  none('pr.none', 'PR', 'secondary', 'None.'),
  deemed(
    'ok.hipaa',
    'OK',
    'memory',
    'An entity that complies with HIPAA is taken to comply, with notice to the Attorney General.',
    {
      when: followsAndCopies,
    },
  ),
])
