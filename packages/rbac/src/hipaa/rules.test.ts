import { describe, expect, it } from 'vitest'
import { type Facts, grant, packWithRoot, records, request, together, untyped } from '../../test/clinic.ts'
import { overrideOf } from '../decision/bucket.ts'
import type { Decision } from '../decision/decision.ts'
import { compile, type Rules } from '../decision/rules.ts'
import { type AttributePath, atomsOf, type Expression, pathsOf } from '../expression/expression.ts'
import { expressionText } from '../expression/text.ts'
import { parsePolicy } from '../policy/parse.ts'
import type { Forbid, Permit, PolicyJson, Rule } from '../policy/policy.ts'
import { hipaaCitations } from './citations.ts'
import { hipaaPolicy } from './policy.ts'
import type { HipaaResourceType } from './vocabulary.ts'

/** Facts under which a permit applies, and one change each that takes it away. */
interface PermitWitness {
  readonly given: Facts
  readonly without: readonly Facts[]
}
/** Facts that a forbid is about, changes that take them away, and what opens each of its overrides. */
interface ForbidWitness {
  readonly given: Facts
  readonly unlike: readonly Facts[]
  readonly opens?: Readonly<Record<string, Facts>>
}

const treat: Facts = { purpose: 'TREAT' }
const stranger: Facts = { actor: { id: 't9' } }
const payment: Facts = { purpose: 'HPAYMT' }
const otherPurpose: Facts = { purpose: 'HQUALIMP' }
const noPurpose: Facts = { purpose: undefined }
const to = (recipient: string | undefined): Facts => ({
  context: { recipient, identityVerified: true, agreementInForce: true },
})
const toProvider = to('treating-provider')
const known: Facts = { context: { identityVerified: true } }
const labelled = (...labels: string[]): Facts => ({ record: { labels } })

const ownRequest: Facts = together(known, {
  purpose: 'PATRQT',
  actor: { id: 'x1', patient: 'p1' },
  record: { status: 'signed' },
})
const represented = (more: Facts): Facts =>
  together(known, { purpose: 'PATRQT', actor: { id: 'x2' }, record: { status: 'signed' } }, more)
const onIncident: Facts = { purpose: 'HSYSADMIN', actor: { id: 'i1', incidents: ['INC-7'] }, context: { incident: 'INC-7' } }
const serving = (purpose: string, ...services: string[]): Facts => ({
  purpose,
  actor: { id: 's1', services, onBehalfOf: 't1' },
})
const glass: Facts = { purpose: 'BTG', actor: { id: 't9' }, grants: [grant('break-glass')] }
const involved = together(to('involved-in-care'), { purpose: 'FAMRQT' })

// biome-ignore format: a table
const permits: Readonly<Record<string, PermitWitness>> = {
  'care-team-reads': { given: together(treat, known), without: [stranger, payment, noPurpose, { record: { careTeam: undefined } }] },
  'care-team-writes': { given: together(treat, known), without: [stranger, payment, noPurpose] },
  'author-writes-and-signs': { given: treat, without: [stranger, payment, { record: { author: 't2' } }, { record: { careTeam: ['t2'] } }] },
  'reviewer-signs-ai-draft': {
    given: together(treat, { record: { reviewedBy: 't1' } }),
    without: [payment, { record: { reviewedBy: null } }, { record: { reviewedBy: 't2' } }, { record: { careTeam: [] } }],
  },
  'therapist-attests-claim': { given: payment, without: [stranger, treat] },
  'care-team-tells-treating-provider': { given: together(treat, toProvider), without: [stranger, payment, to('health-plan'), to(undefined)] },
  'referring-physician-sees-plan': {
    given: together(treat, toProvider, { actor: { id: 'd1' } }),
    without: [{ actor: { id: 'd2' } }, payment, to('other'), { record: { referrers: [] } }],
  },
  'originator-keeps-own-notes': { given: treat, without: [{ record: { author: 't2' } }, { record: { careTeam: [] } }, payment, { purpose: 'TRAIN' }] },
  'training-group-reads-notes': { given: { purpose: 'TRAIN', actor: { id: 't8' } }, without: [{ actor: { id: 't9' } }, treat] },
  'care-team-reads-psychotherapy-notes-by-authorization': {
    given: together(treat, { record: { author: 't2' }, grants: [grant('psychotherapy-authorization')] }),
    without: [stranger, { grants: [] }, { grants: [grant('authorization')] }, { grants: [grant('psychotherapy-authorization', { patient: 'p2' })] }, payment],
  },
  'care-team-reads-counseling-notes-by-consent': {
    given: together(treat, { record: { author: 't2' }, grants: [grant('sud-counseling-consent')] }),
    without: [stranger, { grants: [] }, { grants: [grant('consent')] }, payment],
  },
  'patient-reads-own-record': { given: ownRequest, without: [{ actor: { patient: 'p2' } }, { actor: { patient: undefined } }, treat] },
  'patient-writes-and-books': { given: ownRequest, without: [{ actor: { patient: 'p2' } }, treat] },
  'patient-takes-a-copy': { given: together(ownRequest, to('individual')), without: [{ actor: { patient: 'p2' } }, to('other'), treat] },
  'representative-of-an-adult-reads': {
    given: represented({ actor: { represents: ['p1'] } }),
    without: [{ actor: { represents: ['p2'] } }, { actor: { represents: undefined } }, { record: { representativeRefused: true } }, { record: { representativeRefused: undefined } }, treat],
  },
  'parent-of-a-minor-reads': {
    given: represented({ actor: { parentOf: ['p1'] } }),
    without: [
      { actor: { parentOf: [] } }, { record: { representativeRefused: true } }, treat,
      ...['minor-consented', 'lawful-without-parent', 'confidentiality-agreed', undefined].map((parentExcluded) => ({ record: { parentExcluded } })),
    ],
  },
  'executor-of-the-deceased-reads': {
    given: represented({ actor: { executorOf: ['p1'] }, record: { deceased: true } }),
    without: [{ actor: { executorOf: [] } }, { record: { deceased: false } }, { record: { representativeRefused: true } }, treat],
  },
  'administrator-answers-access-requests': {
    given: together(to('personal-representative'), { purpose: 'PATRQT', record: { status: 'signed' } }),
    without: [to('health-plan'), to('other'), treat],
  },
  'administrator-releases-by-authorization': {
    given: together(to('authorized-party'), { purpose: 'HLEGAL', grants: [grant('authorization')], record: { status: 'signed' } }),
    without: [{ grants: [] }, to('other'), { grants: [grant('authorization', { until: 1_700_000_000_000, from: 0 })] }],
  },
  'originator-releases-psychotherapy-notes': {
    given: together(to('authorized-party'), { purpose: 'HLEGAL', grants: [grant('psychotherapy-authorization')] }),
    without: [{ grants: [grant('authorization')] }, to('other'), { record: { author: 't2' } }],
  },
  'originator-releases-counseling-notes': {
    given: together(to('authorized-party'), { purpose: 'HLEGAL', grants: [grant('sud-counseling-consent')] }),
    without: [{ grants: [grant('consent')] }, to('other'), { record: { author: 't2' } }],
  },
  'administrator-defends-the-entity': {
    given: together(to('legal-proceeding'), { purpose: 'HLEGAL', context: { proceedingBy: 'p1' } }),
    without: [{ context: { proceedingBy: 'p2' } }, { context: { proceedingBy: undefined } }, treat],
  },
  'family-hears-what-the-patient-agreed-to': {
    given: together(involved, { record: { familyPreference: 'agreed' } }),
    without: [stranger, { record: { familyPreference: 'not-expressed' } }, { record: { familyPreference: 'objected' } }, to('other'), treat],
  },
  'family-of-the-deceased-hears-what-it-was-involved-in': {
    given: together(involved, stranger, { record: { deceased: true } }),
    without: [{ record: { deceased: false } }, { record: { familyPreference: 'objected' } }, { record: { familyPreference: undefined } }, to('other'), treat],
  },
  'fifty-years-after-death': {
    given: together(to('other'), { purpose: 'HRESCH', grants: [grant('authorization')], record: { status: 'signed', deceased: true, protectedUntil: new Date('2026-11-22T12:00:00.000Z') } }),
    without: [{ record: { protectedUntil: new Date('2026-11-22T12:00:00.001Z') } }, { record: { protectedUntil: null } }, { record: { deceased: false } }],
  },
  'billing-sees-codes': { given: payment, without: [treat, noPurpose] },
  'billing-works-on-claims': { given: payment, without: [treat, noPurpose] },
  'health-plan-gets-claim-view': { given: together(payment, to('health-plan')), without: [treat, to('other'), to(undefined)] },
  'front-desk-schedules-and-registers': { given: { purpose: 'PATADMIN' }, without: [treat, payment] },
  'administrator-makes-exports': { given: { purpose: 'RECORDMGT', actor: { id: 'a1' } }, without: [{ actor: { id: 'a2' } }, treat] },
  'administrator-assigns-care-team': { given: { purpose: 'PATADMIN' }, without: [treat, { purpose: 'HSYSADMIN' }] },
  'accounts-are-looked-after': { given: { purpose: 'HSYSADMIN' }, without: [treat] },
  'accounts-are-administered': { given: { purpose: 'HSYSADMIN' }, without: [treat] },
  'audit-log-is-reviewed': { given: { purpose: 'HCOMPL' }, without: [treat] },
  'auditor-exports-audit-log': { given: { purpose: 'HCOMPL' }, without: [treat, { purpose: 'HSYSADMIN' }] },
  'security-officer-sees-settings': { given: { purpose: 'HSYSADMIN' }, without: [treat] },
  'security-officer-isolates': { given: { purpose: 'HSYSADMIN' }, without: [treat] },
  'incident-team-investigates': { given: onIncident, without: [{ actor: { incidents: ['INC-8'] } }, { context: { incident: undefined } }, treat] },
  'incident-team-locks-down': { given: onIncident, without: [{ actor: { incidents: undefined } }, { context: { incident: 'INC-8' } }, treat] },
  'reminder-service-reads-channel-and-time': { given: serving('PATADMIN', 'scheduling.reminders'), without: [serving('PATADMIN', 'billing.claims'), treat] },
  'claims-service-reads-claim-view': { given: serving('HPAYMT', 'billing.claims'), without: [serving('HPAYMT', 'ai.note-draft'), treat] },
  'claims-service-submits-claim-view': {
    given: together(serving('HPAYMT', 'billing.claims'), to('clearinghouse')),
    without: [serving('HPAYMT', 'ai.note-draft'), to('other'), treat],
  },
  'drafting-service-reads-prompt-view': {
    given: serving('TREATDS', 'ai.note-draft'),
    without: [serving('TREATDS', 'billing.claims'), { actor: { onBehalfOf: 't9' } }, { actor: { onBehalfOf: undefined } }, treat],
  },
  'drafting-service-sends-prompt-view': {
    given: together(serving('TREATDS', 'ai.note-draft'), to('business-associate')),
    without: [{ actor: { onBehalfOf: 't9' } }, to('other'), treat],
  },
  'drafting-service-writes-drafts': { given: serving('TREATDS', 'ai.note-draft'), without: [{ actor: { onBehalfOf: 't9' } }, treat] },
  'broken-glass-opens-one-record': {
    given: glass,
    without: [treat, { grants: [] }, { grants: [grant('break-glass', { patient: 'p2' })] }, { grants: [grant('break-glass', { actor: 't7' })] }, { grants: [grant('break-glass', { tenant: 'clinic-b' })] }],
  },
  'broken-glass-tells-who-treats': { given: together(glass, toProvider), without: [{ grants: [] }, to('health-plan'), treat] },
}

/** What nothing in the pack objects to. */
const plain: Facts = together(to('other'), { purpose: 'RECORDMGT', actor: { id: 'root' }, record: { status: 'signed' } })
const noRecipient = { context: { recipient: undefined } }
const emergency: Facts = { purpose: 'ETREAT' }
const authorized: Facts = { grants: [grant('authorization')] }
const psychotherapy: Facts = { grants: [grant('psychotherapy-authorization')] }
const counseling: Facts = { grants: [grant('sud-counseling-consent')] }
const consent: Facts = { grants: [grant('consent')] }
const originator: Facts = together(treat, { record: { author: 'root' } })
const training: Facts = { purpose: 'TRAIN', record: { trainingGroup: ['root'] } }
const defense: Facts = { purpose: 'HLEGAL', context: { proceedingBy: 'p1' } }
const own: Facts = { actor: { patient: 'p1' } }

// biome-ignore format: a table
const forbids: Readonly<Record<string, ForbidWitness>> = {
  'every-request-states-its-purpose': { given: together(plain, noPurpose), unlike: [plain, { purpose: 'THREAT' }, { purpose: 'BTG' }] },
  'every-disclosure-names-its-recipient': { given: together(plain, noRecipient), unlike: [plain, to('involved-in-care'), toProvider] },
  'who-asks-in-person-is-identified': {
    given: together(plain, to('individual'), { context: { identityVerified: false } }),
    unlike: [{ context: { recipient: 'other' } }, { context: { recipient: 'health-plan' } }, { context: { identityVerified: true } }],
  },
  'business-associate-has-agreement': {
    given: together(plain, to('business-associate'), { context: { agreementInForce: false } }),
    unlike: [{ context: { recipient: 'other' } }, { context: { agreementInForce: true } }],
  },
  'messages-open-to-verified-identities': { given: together(plain, { context: { identityVerified: false } }), unlike: [plain] },
  'marketing-needs-authorization': { given: together(plain, { purpose: 'HMARKT' }), unlike: [plain], opens: { authorization: authorized } },
  'research-needs-authorization': { given: together(plain, { purpose: 'CLINTRCH' }), unlike: [plain], opens: { authorization: authorized } },
  'model-training-needs-authorization': { given: together(plain, { purpose: 'MLTRAINING' }), unlike: [plain, { purpose: 'TRAIN' }], opens: { authorization: authorized } },
  'exports-are-for-few-purposes': { given: together(plain, otherPurpose), unlike: ['PATRQT', 'HCOMPL', 'HLEGAL', 'RECORDMGT'].map((purpose) => ({ purpose })) },
  'ai-text-is-reviewed-by-a-person': {
    given: together(plain, { record: { origin: 'ai', reviewedBy: null } }),
    unlike: [{ record: { origin: 'person' } }, { record: { reviewedBy: 't1' } }],
  },
  'ai-drafts-stay-inside': { given: plain, unlike: [] },
  'prompts-carry-no-identifiers': { given: together(plain, { purpose: 'TREATDS' }), unlike: [plain, treat] },
  'signed-notes-are-not-changed': { given: together(plain, { record: { status: 'signed' } }), unlike: [{ record: { status: 'draft' } }] },
  'unsigned-notes-are-not-shown-to-patients': { given: together(plain, { purpose: 'PATRQT', record: { status: 'draft' } }), unlike: [{ purpose: 'RECORDMGT' }, { record: { status: 'signed' } }] },
  'unsigned-notes-leave-for-treatment-only': { given: together(plain, { record: { status: 'draft' } }), unlike: [treat, { record: { status: 'signed' } }] },
  'what-rules-read-is-not-edited-with-the-record': { given: plain, unlike: [] },
  'audit-entries-are-not-changed': { given: plain, unlike: [] },
  'nobody-administers-their-own-account': { given: together(plain, { record: { user: 'root' } }), unlike: [{ record: { user: 't2' } }] },
  'restricted-from-this-person': { given: together(plain, { record: { restrictedFrom: ['root'] } }), unlike: [{ record: { restrictedFrom: ['t2'] } }], opens: { emergency } },
  'agreed-restriction-binds-towards-providers': {
    given: together(plain, toProvider, labelled('patient-restricted')),
    unlike: [labelled(), to('individual')],
    opens: { emergency, authorization: authorized },
  },
  'agreed-restriction-binds-towards-others': {
    given: together(plain, to('health-plan'), labelled('patient-restricted')),
    unlike: [labelled(), to('individual'), to('personal-representative'), to('parent'), toProvider],
    opens: { authorization: authorized },
  },
  'psychotherapy-notes-need-authorization': {
    given: plain, unlike: [],
    opens: { 'psychotherapy-authorization': psychotherapy, originator, 'own-training': training, 'legal-defense': defense },
  },
  'psychotherapy-notes-leave-by-authorization': {
    given: plain, unlike: [],
    opens: { 'psychotherapy-authorization': psychotherapy, 'own-training': training, 'legal-defense': defense },
  },
  'made-of-psychotherapy-notes': {
    given: together(plain, labelled('psychotherapy')), unlike: [labelled()],
    opens: { 'psychotherapy-authorization': psychotherapy, originator, 'legal-defense': defense },
  },
  'made-of-psychotherapy-notes-leaves-by-authorization': {
    given: together(plain, labelled('psychotherapy')), unlike: [labelled()],
    opens: { 'psychotherapy-authorization': psychotherapy, 'legal-defense': defense },
  },
  'counseling-notes-need-their-own-consent': {
    given: plain, unlike: [],
    opens: { 'sud-counseling-consent': counseling, originator, 'own-training': training, 'legal-defense': defense },
  },
  'counseling-notes-leave-by-their-own-consent': {
    given: plain, unlike: [],
    opens: { 'sud-counseling-consent': counseling, 'own-training': training, 'legal-defense': defense },
  },
  'made-of-counseling-notes': {
    given: together(plain, labelled('sud-counseling')), unlike: [labelled('part2')],
    opens: { 'sud-counseling-consent': counseling, originator, 'legal-defense': defense },
  },
  'made-of-counseling-notes-leaves-by-their-own-consent': {
    given: together(plain, labelled('sud-counseling')), unlike: [labelled('part2')],
    opens: { 'sud-counseling-consent': counseling, 'legal-defense': defense },
  },
  'part2-records-need-consent': {
    given: together(plain, { record: { labels: ['part2'], part2Program: 'program-1' } }),
    unlike: [labelled('hiv')],
    opens: {
      'within-part2-program': together(treat, { actor: { part2Programs: ['program-1'] } }),
      'part2-consent': consent, 'own-record': own, 'medical-emergency': emergency,
    },
  },
  'part2-records-leave-by-consent': {
    given: together(plain, { record: { labels: ['part2'], part2Program: 'program-1' } }),
    unlike: [labelled('hiv')],
    opens: { consent, 'to-the-patient': to('individual'), 'medical-emergency': emergency },
  },
  'protected-by-state-law': {
    given: together(plain, { record: { labels: ['hiv'], stateLaw: true } }),
    unlike: [{ record: { labels: ['part2'], stateLaw: false } }],
    opens: { 'treatment-by-people': treat, 'own-record': own, 'adult-represented': { actor: { represents: ['p1'] } }, authorization: authorized },
  },
  'protected-by-state-law-towards-others': {
    given: together(plain, { record: { labels: ['genetic', 'reproductive'] } }),
    unlike: [labelled()],
    opens: { 'to-treating-provider': together(treat, toProvider), 'to-the-individual': to('personal-representative'), authorization: authorized },
  },
  'nobody-refused-is-a-representative': {
    given: together(plain, to('personal-representative'), { record: { representativeRefused: true } }),
    unlike: [to('individual'), { record: { representativeRefused: false } }],
  },
  'parent-stands-aside': {
    given: together(plain, to('parent'), { record: { parentExcluded: 'minor-consented' } }),
    unlike: [to('individual'), { record: { parentExcluded: 'no' } }],
  },
  'health-plan-gets-no-narrative': { given: together(plain, to('clearinghouse')), unlike: [plain, to('individual')] },
  'self-pay-never-reaches-health-plan': { given: together(plain, to('clearinghouse'), labelled('self-pay-restricted')), unlike: [labelled(), toProvider] },
  'genetic-information-is-not-for-underwriting': {
    given: together(plain, to('health-plan'), labelled('genetic'), { purpose: 'ELIGDTRM' }),
    unlike: [labelled(), payment, toProvider],
  },
}

const sensitive = ['hiv', 'genetic', 'reproductive'].map((label) => ({ record: { labels: [label], stateLaw: false } }))
/** Further facts, each of which only one part of a condition notices. */
const also: Readonly<Record<string, readonly Facts[]>> = {
  'ai-text-is-reviewed-by-a-person': [{ record: { reviewedBy: '' } }],
  'protected-by-state-law': [...sensitive, { record: { labels: [], stateLaw: true } }],
  'protected-by-state-law-towards-others': [...sensitive, { record: { labels: [], stateLaw: true } }],
  'family-hears-what-the-patient-agreed-to': [{ purpose: 'SUPNWK' }],
  'family-of-the-deceased-hears-what-it-was-involved-in': [{ purpose: 'SUPNWK' }],
  'administrator-makes-exports': [{ purpose: 'PATRQT' }, { purpose: 'HLEGAL' }],
  'audit-log-is-reviewed': [{ purpose: 'HSYSADMIN' }],
  'drafting-service-sends-prompt-view': [{ actor: { services: ['billing.claims'] } }],
  'drafting-service-writes-drafts': [{ actor: { services: ['billing.claims'] } }],
}

const rootPermit = packWithRoot.rules.at(-1) as Permit
const ruleOf = (id: string): Rule => packWithRoot.rules.find((each) => each.id === id) as Rule
const policyOf = (rules: readonly Rule[]): PolicyJson => parsePolicy({ ...packWithRoot, rules })
const pack = untyped(packWithRoot)
/**
 * One rule alone; a forbid with a permit for everything behind it. Without the types that the rule is not about: to read all of them
 * for each of hundreds of rules takes most of the time.
 */
function alone(rule: Rule): Rules {
  const types = new Set<string>(rule.resources)
  const ofThese = <Value>(all: Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(Object.entries(all).filter(([type]) => types.has(type)))
  const views = Object.fromEntries(Object.entries(packWithRoot.views ?? {}).map(([name, view]) => [name, ofThese(view)]))
  const behind = rule.effect === 'permit' ? [] : [{ ...rootPermit, resources: rule.resources }]
  return compile(parsePolicy({ ...packWithRoot, resources: ofThese(packWithRoot.resources), views, rules: [rule, ...behind] }))
}
const essence = ({ outcome, reason, rule, fields, obligations, overridden }: Decision) =>
  JSON.stringify({ outcome, reason, rule, fields, obligations, overridden })

interface Cell {
  readonly role: string
  readonly action: string
  readonly type: HipaaResourceType
}
const cellsOf = (rule: Rule): Cell[] =>
  (rule.effect === 'permit' ? rule.roles : ['root']).flatMap((role) =>
    rule.actions.flatMap((action) => rule.resources.map((type) => ({ role, action, type: type as HipaaResourceType }))),
  )
const decide = (rules: Rules, { role, action, type }: Cell, facts: Facts): Decision =>
  rules.decide(request(role, action, type, adapted(type, facts)))
/** Status and user are words of some types only; the witnesses speak about all. */
function adapted(type: HipaaResourceType, facts: Facts): Facts {
  const own = records[type]
  const record = Object.fromEntries(Object.entries(facts.record ?? {}).filter(([key]) => Object.hasOwn(own, key)))
  return { ...facts, record }
}

describe('each permit', () => {
  it('has a witness, and each witness a permit', () => {
    const ids = hipaaPolicy.rules.filter(({ effect }) => effect === 'permit').map(({ id }) => id)
    expect(Object.keys(permits).sort()).toEqual([...ids].sort())
  })

  it.each(Object.entries(permits))('%s: applies as stated, and not when one condition is missing', (id, { given, without }) => {
    const rule = ruleOf(id) as Permit
    const only = alone(rule)
    expect(without.length).toBeGreaterThan(0)
    for (const cell of cellsOf(rule)) {
      const decision = decide(only, cell, given)
      expect(decision, JSON.stringify(cell)).toMatchObject({ outcome: rule.obligations ? 'allow-if' : 'allow', rule: id })
      expect(decide(pack, cell, given).outcome, JSON.stringify(cell)).not.toBe('deny')
      for (const change of without) {
        expect(decide(only, cell, together(given, change)).outcome, JSON.stringify([cell, change])).toBe('deny')
      }
    }
  })

  it.each(Object.entries(permits))('%s: its removal changes a decision of the pack', (id, { given }) => {
    const rule = ruleOf(id)
    const less = compile(policyOf(packWithRoot.rules.filter((each) => each !== rule)))
    const changed = cellsOf(rule).filter((cell) => essence(decide(pack, cell, given)) !== essence(decide(less, cell, given)))
    expect(changed).not.toEqual([])
  })
})

/** What one rule alone does to a request that a permit for everything allows. */
function effectOf(rule: Forbid, decision: Decision): 'denies' | 'hides' | 'nothing' {
  if (decision.outcome === 'deny') return decision.rule === rule.id || decision.reason === 'fields' ? 'denies' : 'nothing'
  return (rule.fields ?? []).some((field) => !decision.fields.includes(field)) ? 'hides' : 'nothing'
}

const pathsIn = (expression: Expression | undefined): AttributePath[] =>
  expression === undefined ? [] : [...atomsOf(expression)].flatMap(({ atom }) => [...pathsOf(atom)])

function dropped(path: AttributePath): Facts {
  const [root, name] = path.split('.') as [string, string]
  if (root === 'resource') return { record: { [name]: undefined } }
  return root === 'actor' ? { actor: { [name]: undefined } } : { context: { [name]: undefined } }
}

describe('each forbid', () => {
  it('has a witness, and each witness a forbid', () => {
    const ids = hipaaPolicy.rules.filter(({ effect }) => effect === 'forbid').map(({ id }) => id)
    expect(Object.keys(forbids).sort()).toEqual([...ids].sort())
  })

  it.each(Object.entries(forbids))(
    '%s: stands before a role that may do everything, and only where it should',
    (id, witness) => {
      const rule = ruleOf(id) as Forbid
      const only = alone(rule)
      const effect = rule.fields ? 'hides' : 'denies'
      for (const cell of cellsOf(rule)) {
        expect(effectOf(rule, decide(only, cell, witness.given)), JSON.stringify(cell)).toBe(effect)
        for (const change of witness.unlike) {
          const decision = decide(only, cell, together(witness.given, change))
          expect(effectOf(rule, decision), JSON.stringify([cell, change])).toBe('nothing')
        }
      }
      if (rule.when === undefined && rule.purposes === undefined) expect(witness.unlike).toEqual([])
      else expect(witness.unlike).not.toEqual([])
    },
  )

  it.each(Object.entries(forbids))(
    '%s: opens for each override that it names, and for no other',
    (id, { given, opens = {} }) => {
      const rule = ruleOf(id) as Forbid
      expect(Object.keys(opens).sort()).toEqual([...(rule.unless ?? [])].sort())
      const only = alone(rule)
      for (const [override, facts] of Object.entries(opens)) {
        const { unless = [], ...never } = rule
        const left = unless.filter((each) => each !== override)
        const closed = alone(left.length === 0 ? never : { ...never, unless: left })
        for (const cell of cellsOf(rule)) {
          const asked = together(given, facts)
          const decision = decide(only, cell, asked)
          expect(decision.overridden, JSON.stringify([cell, override])).toEqual([{ rule: id, by: override }])
          expect(decision.obligations).toEqual(overrideOf(packWithRoot, override).obligations ?? [])
          expect(decide(closed, cell, asked).outcome).toBe('deny')
        }
      }
      // Whatever is granted in vain.
      const vain = ['authorization', 'consent', 'break-glass', 'psychotherapy-authorization', 'sud-counseling-consent']
        .map((kind) => grant(kind, kind === 'break-glass' ? { actor: 'root' } : {}))
        .filter(({ kind }) => !Object.values(opens).some(({ grants }) => grants?.some((each) => each.kind === kind)))
      const { overridden } = decide(only, cellsOf(rule)[0] as Cell, together(given, { grants: vain }))
      expect(overridden).toEqual([])
    },
  )

  it.each(Object.entries(forbids))('%s: still stands when an attribute it reads was not loaded', (id, { given }) => {
    const rule = ruleOf(id) as Forbid
    const only = alone(rule)
    const effect = rule.fields ? 'hides' : 'denies'
    for (const cell of cellsOf(rule)) {
      for (const path of pathsIn(rule.when)) {
        // `actor.id` is in every request; without it there is no request to answer.
        if (path === 'actor.id') continue
        expect(effectOf(rule, decide(only, cell, together(given, dropped(path)))), JSON.stringify([cell, path])).toBe(effect)
      }
      const asked = request(cell.role, cell.action, cell.type, {}) as object
      const bare = { ...asked, resource: { type: cell.type, record: { id: 'r1', tenant: 'clinic-a' } } } as never
      expect(effectOf(rule, only.decide(bare)), JSON.stringify(cell)).toBe(effect)
    }
  })

  it.each(Object.entries(forbids))('%s: its removal changes a decision of the pack', (id, { given, opens = {} }) => {
    const rule = ruleOf(id)
    const less = compile(policyOf(packWithRoot.rules.filter((each) => each !== rule)))
    // Another forbid may stand before the same request until it is opened.
    const asked = [{}, authorized, ...Object.values(opens)].map((facts) => together(given, facts))
    const changed = cellsOf(rule).filter((cell) =>
      asked.some((facts) => essence(decide(pack, cell, facts)) !== essence(decide(less, cell, facts))),
    )
    expect(changed).not.toEqual([])
  })
})

/** Every expression that lacks one part of an `and` or an `or`. */
function* withoutParts(expression: Expression): Generator<Expression> {
  if (expression.op === 'not') for (const of of withoutParts(expression.of)) yield { op: 'not', of }
  if (expression.op !== 'and' && expression.op !== 'or') return
  const { op, of } = expression
  for (const [index, part] of of.entries()) {
    if (of.length > 1) yield { op, of: of.toSpliced(index, 1) }
    for (const less of withoutParts(part)) yield { op, of: of.with(index, less) }
  }
}

/** A rule with one thing taken away. */
function* mutantsOf(rule: Rule): Generator<Rule> {
  for (const key of ['when', 'purposes', 'view', 'obligations', 'fields', 'unless'] as const) {
    const { [key]: taken, ...less } = rule as unknown as Record<string, unknown>
    if (taken !== undefined) yield less as unknown as Rule
  }
  for (const key of ['purposes', 'fields', 'unless'] as const) {
    const list = (rule as unknown as Record<string, readonly string[] | undefined>)[key] ?? []
    if (list.length > 1) for (const index of list.keys()) yield { ...rule, [key]: list.toSpliced(index, 1) } as unknown as Rule
  }
  if (rule.when !== undefined) for (const when of withoutParts(rule.when)) yield { ...rule, when }
}

describe('mutation', () => {
  it.each(packWithRoot.rules.slice(0, -1).map((rule) => [rule.id, rule] as const))(
    '%s: nothing in it can be left out',
    (id, rule) => {
      const permit = permits[id]
      const forbid = forbids[id]
      const given = permit?.given ?? forbid?.given ?? {}
      const changes = [
        ...(permit?.without ?? []),
        ...(forbid?.unlike ?? []),
        ...Object.values(forbid?.opens ?? {}),
        ...(also[id] ?? []),
      ]
      const facts = [given, ...changes.map((change) => together(given, change))]
      const [original, cells] = [alone(rule), cellsOf(rule)]
      const survivors = [...mutantsOf(rule)].filter((mutant) => {
        const changed = alone(mutant)
        return cells.every((cell) =>
          facts.every((each) => essence(decide(original, cell, each)) === essence(decide(changed, cell, each))),
        )
      })
      const words = ({ when, id: _, effect: __, actions: ___, resources: ____, cite: _____, ...rest }: Rule) =>
        `${when === undefined ? 'always' : expressionText(when)} ${JSON.stringify(rest)}`
      expect(survivors.map(words)).toEqual([])
    },
  )
})

describe('citations', () => {
  const table = new Set(Object.values(hipaaCitations).map((each) => JSON.stringify(each)))

  it('S2 every rule and every override of the pack cites, and only what stands in the table', () => {
    const overrides = Object.values(hipaaPolicy.overrides ?? {})
    for (const { cite } of [...hipaaPolicy.rules, ...overrides]) {
      expect(cite?.length).toBeGreaterThan(0)
      const unknown = (cite ?? []).filter((each) => {
        const { confirmation, title, source, section } = each
        return ![...table].some((row) => {
          const known = JSON.parse(row) as typeof each
          return (
            known.confirmation === confirmation && known.title === title && known.source === source && known.section === section
          )
        })
      })
      expect(unknown).toEqual([])
    }
  })

  it('has no row that nothing cites', () => {
    const used = new Set(
      [...hipaaPolicy.rules, ...Object.values(hipaaPolicy.overrides ?? {})].flatMap(({ cite }) =>
        (cite ?? []).map(({ title }) => title),
      ),
    )
    expect(Object.values(hipaaCitations).filter(({ title }) => !used.has(title))).toEqual([])
  })

  it('says of what no text was read for that it is secondary, from memory or our reading', () => {
    const seen = Object.values(hipaaCitations).filter(({ confirmation }) => confirmation === 'text-seen')
    expect(seen.length).toBeGreaterThan(30)
    // Of the copy that was read, these were.
    for (const { source, section } of seen) {
      expect(`${source} ${section}`).toMatch(/^45 CFR 164\.(308|312|502|506|508|510|514|522|524)\(/)
    }
  })
})
