import { deadlinesError } from '../errors.ts'
import type { ReadFacts } from '../rule/facts.ts'
import { ruleGroup } from '../rule/group.ts'
import type { Rule } from '../rule/rule.ts'
import { keep, text, years } from './common.ts'
import { federalRuleset } from './ruleset.ts'

const common = {
  duty: 'documentation.keep',
  title: 'Keep the documentation',
  citation: text('45 CFR 164.530(j)(2)'),
  also: [text('45 CFR 164.316(b)(2)(i)'), text('45 CFR 164.530(j)(1)(iv)'), text('45 CFR 164.414(b)')],
  addressee: 'secretary',
  basis: years(6, 'later'),
  limit: keep,
  extensions: [],
  holds: [],
  inForce: { from: '2003-04-14', status: 'in-force' },
  confirmation: 'text-seen',
  asOf: federalRuleset.asOf,
  note: 'Policies, procedures, notices, designations, complaints, assessments and what proves notices of a breach, or that there was none. It is no period for medical records; and for entries of an audit log the text names none.',
} as const satisfies Partial<Rule>

function derive(facts: ReadFacts): ReadFacts {
  const { values, moments } = facts
  const { created, lastInEffect } = moments
  const inEffect = values.inEffect as 'still' | 'ended' | 'never' | null | undefined
  if (lastInEffect && (inEffect === 'still' || inEffect === 'never')) {
    throw deadlinesError('PHI_DEADLINES_CONTRADICTION', {
      path: 'facts.lastInEffect',
      detail: 'it has a last day in effect and is said to be in effect still, or never to have been',
    })
  }
  const later =
    inEffect === 'never'
      ? 'created'
      : inEffect === 'still'
        ? 'last-in-effect'
        : created && lastInEffect
          ? created.day > lastInEffect.day
            ? 'created'
            : 'last-in-effect'
          : created
            ? 'last-in-effect'
            : undefined
  return { ...facts, values: { ...values, clockFrom: later } }
}

/**
 * How long documentation is kept: six years from its creation or from when it last was in effect, whichever is later (45 CFR
 * 164.316(b)(2)(i), 164.530(j)(2); of a breach 164.414(b) with 164.530(j)(1)(iv)). While it is in effect the clock has not started,
 * and there is no date. The fact `clockFrom` is worked out, and what a caller gives for it is not read.
 */
export const documentation = ruleGroup({
  id: 'federal.documentation',
  ruleset: federalRuleset,
  facts: {
    created: 'moment',
    /** The last day on which it was in effect. */
    lastInEffect: 'moment',
    /** `never` for what is only a record: an assessment, a log, an acknowledgment. */
    inEffect: { oneOf: ['still', 'ended', 'never'] },
    clockFrom: { oneOf: ['created', 'last-in-effect'] },
  },
  rules: [
    {
      ...common,
      id: 'documentation.keep.last-in-effect',
      trigger: { fact: 'lastInEffect', event: 'other' },
      applies: { fact: 'clockFrom', is: 'last-in-effect' },
    },
    {
      ...common,
      id: 'documentation.keep.created',
      trigger: { fact: 'created', event: 'other' },
      applies: { fact: 'clockFrom', is: 'created' },
    },
  ],
  derive,
})
