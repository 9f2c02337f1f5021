import { describe, expect, it } from 'vitest'
import { type Facts, grant, packWithRoot, request, together, untyped } from '../../test/clinic.ts'
import { hipaaPolicy } from './policy.ts'
import { payerFields } from './views.ts'
import type { HipaaResourceType } from './vocabulary.ts'

const rules = untyped(hipaaPolicy)
const withRoot = untyped(packWithRoot)
const decide = (role: string, action: string, type: HipaaResourceType, facts: Facts) =>
  (role === 'root' ? withRoot : rules).decide(request(role, action, type, facts))

const treat: Facts = { purpose: 'TREAT' }
const pay: Facts = { purpose: 'HPAYMT' }
const admin: Facts = { purpose: 'PATADMIN' }
const system: Facts = { purpose: 'HSYSADMIN' }
const compliance: Facts = { purpose: 'HCOMPL' }
const asked: Facts = { purpose: 'PATRQT', context: { identityVerified: true } }
const to = (recipient: string): Facts => ({ context: { recipient, identityVerified: true, agreementInForce: true } })
const stranger: Facts = { actor: { id: 't9' } }
const labels = (...each: string[]): Facts => ({ record: { labels: each } })
const signed: Facts = { record: { status: 'signed' } }
const self: Facts = { actor: { id: 'x1', patient: 'p1' } }
const grants = (...kinds: string[]): Facts => ({ grants: kinds.map((kind) => grant(kind)) })
const broken = together({ purpose: 'BTG' }, stranger, grants('break-glass'))
const child: Facts = together(asked, { actor: { id: 'x2', parentOf: ['p1'] } }, signed)

/** Who, does what, to what, under which circumstances, and how it ends: the outcome, and the rule that decides. */
type Row = readonly [
  role: string,
  action: string,
  type: HipaaResourceType,
  facts: Facts,
  outcome: 'allow' | 'allow-if' | 'deny',
  rule?: string | null,
]

// biome-ignore format: a table
const matrix: Readonly<Record<string, readonly Row[]>> = {
  'S2 S92 a therapist, within the care team': [
    ['therapist', 'read', 'ProgressNote', treat, 'allow', 'care-team-reads'],
    ['therapist', 'read', 'ProgressNote', together(treat, stranger), 'deny', null],
    ['therapist', 'read', 'ProgressNote', pay, 'deny', null],
    ['therapist', 'read', 'ProgressNote', {}, 'deny', 'every-request-states-its-purpose'],
    ['therapist', 'sign', 'ProgressNote', treat, 'allow', 'author-writes-and-signs'],
    ['therapist', 'sign', 'ProgressNote', together(treat, { record: { author: 't2' } }), 'deny', null],
    ['therapist', 'update', 'ProgressNote', together(treat, signed), 'deny', 'signed-notes-are-not-changed'],
    ['therapist', 'disclose', 'ProgressNote', together(treat, to('treating-provider')), 'allow', 'care-team-tells-treating-provider'],
    ['therapist', 'disclose', 'ProgressNote', treat, 'deny', 'every-disclosure-names-its-recipient'],
    ['therapist', 'export', 'ProgressNote', together(treat, to('treating-provider')), 'deny', 'exports-are-for-few-purposes'],
    ['therapist', 'read', 'AuditEntry', compliance, 'deny', null],
    ['therapist', 'administer', 'Account', system, 'deny', null],
  ],
  'S2 S92 a patient': [
    ['patient', 'read', 'ProgressNote', together(asked, self, signed), 'allow', 'patient-reads-own-record'],
    ['patient', 'read', 'ProgressNote', together(asked, self), 'deny', 'unsigned-notes-are-not-shown-to-patients'],
    ['patient', 'read', 'Claim', together(asked, self), 'allow', 'patient-reads-own-record'],
    ['patient', 'read', 'ProgressNote', together(asked, self, signed, { record: { patient: 'p2' } }), 'deny', null],
    ['patient', 'read', 'PsychotherapyNote', together(asked, self), 'deny', 'psychotherapy-notes-need-authorization'],
    ['patient', 'read', 'PsychotherapyNote', together(asked, self, grants('psychotherapy-authorization')), 'deny', null],
    ['patient', 'update', 'ProgressNote', together(asked, self), 'deny', null],
    ['patient', 'export', 'TreatmentPlan', together(asked, self, to('individual')), 'allow-if', 'patient-takes-a-copy'],
    ['patient', 'read', 'TreatmentPlan', together(asked, self, labels('part2', 'hiv')), 'allow', 'patient-reads-own-record'],
    ['patient', 'read', 'AiDraft', together(asked, self), 'deny', null],
  ],
  'S2 S92 an administrator sees no clinical text': [
    ['administrator', 'read', 'Patient', admin, 'allow', 'front-desk-schedules-and-registers'],
    ...(['ProgressNote', 'PsychotherapyNote', 'SudCounselingNote', 'TreatmentPlan', 'Message', 'Recording', 'AiDraft'] as const).flatMap((type) =>
      [admin, treat, system, compliance].map((facts): Row => ['administrator', 'read', type, facts, 'deny'])),
    ['administrator', 'administer', 'Account', system, 'allow-if', 'accounts-are-administered'],
    ['administrator', 'administer', 'Patient', admin, 'allow-if', 'administrator-assigns-care-team'],
    ['therapist', 'administer', 'Patient', treat, 'deny', null],
    ['administrator', 'disclose', 'ProgressNote', together({ purpose: 'HLEGAL' }, to('authorized-party'), grants('authorization')), 'deny', 'unsigned-notes-leave-for-treatment-only'],
    ['administrator', 'disclose', 'ProgressNote', together({ purpose: 'HLEGAL' }, to('authorized-party'), grants('authorization'), signed), 'allow-if', 'administrator-releases-by-authorization'],
    ['administrator', 'administer', 'Account', together(system, { actor: { id: 't2' } }), 'deny', 'nobody-administers-their-own-account'],
    ['administrator', 'read', 'AuditEntry', compliance, 'allow', 'audit-log-is-reviewed'],
  ],
  'S2 S92 a referring physician': [
    ['referringPhysician', 'disclose', 'TreatmentPlan', together(treat, to('treating-provider'), { actor: { id: 'd1' } }), 'allow', 'referring-physician-sees-plan'],
    ['referringPhysician', 'disclose', 'TreatmentPlan', together(treat, to('treating-provider'), { actor: { id: 'd2' } }), 'deny', null],
    ['referringPhysician', 'disclose', 'ProgressNote', together(treat, to('treating-provider'), { actor: { id: 'd1' } }), 'deny', null],
    ['referringPhysician', 'read', 'TreatmentPlan', together(treat, { actor: { id: 'd1' } }), 'deny', null],
    ['referringPhysician', 'disclose', 'TreatmentPlan', together(treat, to('treating-provider'), { actor: { id: 'd1' } }, labels('patient-restricted')), 'deny', 'agreed-restriction-binds-towards-providers'],
  ],
  'S21 least privilege: front desk, billing, auditor, security officer': [
    ['frontDesk', 'update', 'Appointment', admin, 'allow', 'front-desk-schedules-and-registers'],
    ['frontDesk', 'read', 'ProgressNote', admin, 'deny', null],
    ['frontDesk', 'read', 'Claim', pay, 'deny', null],
    ['billing', 'read', 'ProgressNote', pay, 'allow', 'billing-sees-codes'],
    ['billing', 'read', 'ProgressNote', treat, 'deny', null],
    ['billing', 'read', 'TreatmentPlan', pay, 'deny', null],
    ['billing', 'read', 'PsychotherapyNote', pay, 'deny', 'psychotherapy-notes-need-authorization'],
    ['auditor', 'read', 'AuditEntry', compliance, 'allow', 'audit-log-is-reviewed'],
    ['auditor', 'export', 'AuditEntry', compliance, 'allow-if', 'auditor-exports-audit-log'],
    ['auditor', 'read', 'ProgressNote', compliance, 'deny', null],
    ['auditor', 'read', 'Patient', compliance, 'deny', null],
    ['auditor', 'update', 'AuditEntry', compliance, 'deny', 'audit-entries-are-not-changed'],
    ['root', 'update', 'AuditEntry', compliance, 'deny', 'audit-entries-are-not-changed'],
    ['securityOfficer', 'read', 'AuditEntry', system, 'allow', 'audit-log-is-reviewed'],
    ['securityOfficer', 'administer', 'SecuritySetting', system, 'allow-if', 'security-officer-isolates'],
    ['securityOfficer', 'read', 'ProgressNote', system, 'deny', null],
  ],
  'S7 S62 health plans get claims, and of claims a list': [
    ['billing', 'disclose', 'Claim', together(pay, to('health-plan')), 'allow', 'health-plan-gets-claim-view'],
    ['billing', 'disclose', 'ProgressNote', together(pay, to('health-plan'), signed), 'deny', null],
    ['billing', 'disclose', 'Claim', together(pay, to('other')), 'deny', null],
    ['billing', 'disclose', 'Claim', together(pay, to('health-plan'), labels('self-pay-restricted')), 'deny', 'self-pay-never-reaches-health-plan'],
    ['billing', 'disclose', 'Claim', together(pay, to('clearinghouse'), labels('self-pay-restricted'), grants('authorization', 'consent')), 'deny', 'self-pay-never-reaches-health-plan'],
    ['root', 'disclose', 'Payment', together({ purpose: 'ETREAT' }, to('health-plan'), labels('self-pay-restricted')), 'deny', 'self-pay-never-reaches-health-plan'],
    ['billing', 'disclose', 'Claim', together({ purpose: 'ELIGDTRM' }, to('health-plan'), labels('genetic'), grants('authorization')), 'deny', 'genetic-information-is-not-for-underwriting'],
    ['billing', 'disclose', 'Claim', together(pay, to('health-plan'), labels('hiv')), 'deny', 'protected-by-state-law-towards-others'],
    ['billing', 'disclose', 'Claim', together(pay, to('health-plan'), labels('hiv'), grants('authorization')), 'allow', 'health-plan-gets-claim-view'],
  ],
  'S41 a person answers for what a model wrote': [
    ['therapist', 'sign', 'ProgressNote', together(treat, { record: { origin: 'ai', reviewedBy: null } }), 'deny', 'ai-text-is-reviewed-by-a-person'],
    ['therapist', 'sign', 'ProgressNote', together(treat, { record: { origin: 'ai', reviewedBy: 't1' } }), 'allow', 'author-writes-and-signs'],
    ['therapist', 'sign', 'ProgressNote', together(treat, { record: { origin: undefined } }), 'deny', 'ai-text-is-reviewed-by-a-person'],
    ['therapist', 'sign', 'AiDraft', together(treat, { record: { reviewedBy: 't1' } }), 'allow', 'reviewer-signs-ai-draft'],
    ['therapist', 'sign', 'AiDraft', treat, 'deny', null],
    ['service', 'sign', 'AiDraft', together({ purpose: 'TREATDS', actor: { services: ['ai.note-draft'], onBehalfOf: 't1' } }), 'deny', null],
    ['billing', 'disclose', 'Claim', together(pay, to('health-plan'), { record: { origin: 'ai', reviewedBy: null } }), 'deny', 'ai-text-is-reviewed-by-a-person'],
    ['root', 'disclose', 'AiDraft', together(treat, to('treating-provider')), 'deny', 'ai-drafts-stay-inside'],
  ],
  'S44 messages open to a verified identity': [
    ['patient', 'read', 'Message', together(asked, self), 'allow', 'patient-reads-own-record'],
    ['patient', 'read', 'Message', together(asked, self, { context: { identityVerified: false } }), 'deny', 'messages-open-to-verified-identities'],
    ['therapist', 'read', 'Message', treat, 'deny', 'messages-open-to-verified-identities'],
    ['root', 'create', 'Message', treat, 'deny', 'messages-open-to-verified-identities'],
  ],
  'S53 exports need a role, a purpose and a fresh sign-in': [
    ['administrator', 'export', 'TreatmentPlan', together(asked, to('individual')), 'allow-if', 'administrator-answers-access-requests'],
    ['administrator', 'export', 'TreatmentPlan', together(treat, to('individual')), 'deny', 'exports-are-for-few-purposes'],
    ['administrator', 'create', 'Export', { purpose: 'RECORDMGT', actor: { id: 'a1' } }, 'allow-if', 'administrator-makes-exports'],
    ['billing', 'export', 'Claim', together(pay, to('health-plan')), 'deny', 'exports-are-for-few-purposes'],
    ['root', 'export', 'AuditEntry', system, 'deny', 'exports-are-for-few-purposes'],
  ],
  'S109 emergency access': [
    ['therapist', 'read', 'ProgressNote', broken, 'allow-if', 'broken-glass-opens-one-record'],
    ['therapist', 'read', 'ProgressNote', together(broken, { record: { patient: 'p2' } }), 'deny', null],
    ['therapist', 'read', 'ProgressNote', together(broken, { grants: [grant('break-glass', { until: Date.parse('2026-11-22T12:00:00.000Z') })] }), 'deny', null],
    ['therapist', 'read', 'ProgressNote', together(broken, { grants: [grant('break-glass', { reason: ' ' })] }), 'deny', null],
    ['therapist', 'read', 'PsychotherapyNote', broken, 'deny', 'psychotherapy-notes-need-authorization'],
    ['therapist', 'read', 'SudCounselingNote', broken, 'deny', 'counseling-notes-need-their-own-consent'],
    ['therapist', 'read', 'Recording', together(broken, labels('psychotherapy')), 'deny', 'made-of-psychotherapy-notes'],
    ['therapist', 'read', 'ProgressNote', together(broken, { record: { restrictedFrom: ['t9'] } }), 'allow-if', 'broken-glass-opens-one-record'],
    ['therapist', 'disclose', 'ProgressNote', together(broken, to('treating-provider'), labels('patient-restricted')), 'allow-if', 'broken-glass-tells-who-treats'],
    ['therapist', 'disclose', 'Claim', together(broken, to('health-plan'), labels('self-pay-restricted')), 'deny', 'self-pay-never-reaches-health-plan'],
    ['billing', 'read', 'ProgressNote', together(broken, { actor: { id: 't9' } }), 'deny', null],
  ],
  'S129 restrictions of a patient': [
    ['therapist', 'read', 'ProgressNote', together(treat, { record: { restrictedFrom: ['t1'] } }), 'deny', 'restricted-from-this-person'],
    ['therapist', 'read', 'ProgressNote', together({ purpose: 'ETREAT' }, { record: { restrictedFrom: ['t1'] } }), 'allow-if', 'care-team-reads'],
    ['therapist', 'disclose', 'ProgressNote', together(treat, to('treating-provider'), labels('patient-restricted')), 'deny', 'agreed-restriction-binds-towards-providers'],
    ['therapist', 'disclose', 'ProgressNote', together({ purpose: 'ETREAT' }, to('treating-provider'), labels('patient-restricted')), 'allow-if', 'care-team-tells-treating-provider'],
    ['root', 'disclose', 'ProgressNote', together({ purpose: 'ETREAT' }, to('health-plan'), labels('patient-restricted')), 'deny', 'agreed-restriction-binds-towards-others'],
  ],
  'records of a Part 2 program': [
    ['therapist', 'read', 'ProgressNote', together(treat, labels('part2')), 'deny', 'part2-records-need-consent'],
    ['therapist', 'read', 'ProgressNote', together(treat, { record: { labels: ['part2'], part2Program: 'x' }, actor: { part2Programs: ['x'] } }), 'allow', 'care-team-reads'],
    ['therapist', 'read', 'ProgressNote', together(treat, labels('part2'), grants('consent')), 'allow', 'care-team-reads'],
    ['therapist', 'read', 'ProgressNote', together(treat, labels('part2'), to('individual')), 'deny', 'part2-records-need-consent'],
    ['therapist', 'disclose', 'ProgressNote', together(treat, to('treating-provider'), labels('part2')), 'deny', 'part2-records-leave-by-consent'],
    ['therapist', 'disclose', 'ProgressNote', together(treat, to('treating-provider'), labels('part2'), grants('consent')), 'allow-if', 'care-team-tells-treating-provider'],
    ['therapist', 'read', 'ProgressNote', together(broken, labels('part2')), 'allow-if', 'broken-glass-opens-one-record'],
    ['therapist', 'read', 'SudCounselingNote', together(treat, { record: { author: 't2' } }, grants('consent')), 'deny', 'counseling-notes-need-their-own-consent'],
    ['service', 'read', 'ProgressNote', together({ purpose: 'TREATDS', actor: { id: 's1', services: ['ai.note-draft'], onBehalfOf: 't1' } }, labels('part2')), 'deny', 'part2-records-need-consent'],
  ],
  'what State law may protect further': [
    ...(['hiv', 'genetic', 'reproductive'] as const).flatMap((label): Row[] => [
      ['therapist', 'read', 'ProgressNote', together(treat, labels(label)), 'allow', 'care-team-reads'],
      ['billing', 'read', 'ProgressNote', together(pay, labels(label)), 'deny', 'protected-by-state-law'],
      ['billing', 'read', 'ProgressNote', together(pay, labels(label), grants('authorization')), 'allow', 'billing-sees-codes'],
      ['representative', 'read', 'ProgressNote', together(child, { record: { labels: [label] } }), 'deny', 'protected-by-state-law'],
      ['service', 'read', 'ProgressNote', together({ purpose: 'TREATDS', actor: { id: 's1', services: ['ai.note-draft'], onBehalfOf: 't1' } }, labels(label)), 'deny', 'protected-by-state-law'],
    ]),
    ['billing', 'read', 'Claim', together(pay, { record: { stateLaw: true } }), 'deny', 'protected-by-state-law'],
    ['billing', 'read', 'Claim', together(pay, { record: { stateLaw: undefined } }), 'deny', 'protected-by-state-law'],
  ],
  'who stands in for a patient': [
    ['representative', 'read', 'ProgressNote', child, 'allow', 'parent-of-a-minor-reads'],
    ['representative', 'read', 'ProgressNote', together(child, { record: { parentExcluded: 'minor-consented' } }), 'deny', null],
    ['representative', 'read', 'ProgressNote', together(child, { record: { parentExcluded: 'lawful-without-parent' } }), 'deny', null],
    ['representative', 'read', 'ProgressNote', together(child, { record: { parentExcluded: 'confidentiality-agreed' } }), 'deny', null],
    ['representative', 'read', 'ProgressNote', together(child, { record: { representativeRefused: true } }), 'deny', null],
    ['representative', 'read', 'PsychotherapyNote', child, 'deny', 'psychotherapy-notes-need-authorization'],
    ['administrator', 'disclose', 'TreatmentPlan', together(asked, to('parent'), { record: { parentExcluded: 'minor-consented' } }), 'deny', 'parent-stands-aside'],
    ['administrator', 'disclose', 'TreatmentPlan', together(asked, to('personal-representative'), { record: { representativeRefused: true } }), 'deny', 'nobody-refused-is-a-representative'],
    ['representative', 'read', 'TreatmentPlan', together(asked, { actor: { id: 'x3', executorOf: ['p1'] }, record: { deceased: true } }), 'allow', 'executor-of-the-deceased-reads'],
    ['representative', 'read', 'TreatmentPlan', together(asked, { actor: { id: 'x3', executorOf: ['p1'] } }), 'deny', null],
    ['therapist', 'disclose', 'TreatmentPlan', together({ purpose: 'FAMRQT' }, to('involved-in-care'), { record: { deceased: true, familyPreference: 'objected' } }), 'deny', null],
  ],
}

describe.each(Object.entries(matrix))('%s', (_title, rows) => {
  const cells = rows.map(([role, action, type, facts, outcome, rule]) => {
    const title = `${role} ${action} ${type} ${JSON.stringify(facts)}: ${outcome} by ${rule ?? 'default'}`
    return { title, role, action, type, facts, outcome, rule }
  })
  it.each(cells)('$title', ({ role, action, type, facts, outcome, rule }) => {
    const decision = decide(role, action, type, facts)
    expect(decision).toMatchObject({ outcome, ...(rule === undefined ? {} : { rule }) })
    if (outcome === 'deny') expect(decision.fields).toEqual([])
  })
})

describe('what is seen', () => {
  it('S7 S62 a health plan gets the fields that the list names and gives a reason for, and no other', () => {
    const { fields } = decide('billing', 'disclose', 'Claim', together(pay, to('health-plan')))
    expect([...fields].sort()).toEqual(payerFields.map(({ field }) => field).sort())
    expect(payerFields.every(({ reason }) => reason.length > 10)).toBe(true)
    expect(new Set(payerFields.map(({ field }) => field)).size).toBe(15)
  })

  it('S7 no role gets a narrative or an attachment past the list', () => {
    const { outcome, fields } = decide('root', 'disclose', 'Claim', together(pay, to('clearinghouse')))
    expect(outcome).toBe('allow')
    expect(fields).not.toContain('narrative')
    expect(fields).not.toContain('attachment')
    expect(decide('root', 'read', 'Claim', pay).fields).toContain('narrative')
  })

  it('S21 billing sees codes and nothing that was said', () => {
    const { fields } = decide('billing', 'read', 'ProgressNote', pay)
    expect(fields).toContain('diagnosisCodes')
    expect(fields).not.toContain('body')
    expect(decide('billing', 'read', 'Claim', pay).fields).not.toContain('narrative')
  })

  it('S21 the front desk sees when, not why', () => {
    const { fields } = decide('frontDesk', 'read', 'Appointment', admin)
    expect(fields).toContain('start')
    expect(fields).not.toContain('reason')
    expect(fields).not.toContain('procedureCodes')
  })

  it('S42 a prompt holds what was said and no identifier field, whoever asks', () => {
    const drafting = { purpose: 'TREATDS', actor: { id: 's1', services: ['ai.note-draft'], onBehalfOf: 't1' } }
    expect(decide('service', 'read', 'ProgressNote', drafting).fields).toEqual([
      'sessionDate',
      'minutes',
      'diagnosisCodes',
      'body',
    ])
    const sent = decide('service', 'disclose', 'Recording', together(drafting, to('business-associate')))
    expect(sent.fields).toEqual(['medium', 'sessionDate', 'content'])
    const root = decide('root', 'read', 'TreatmentPlan', { purpose: 'TREATDS' })
    for (const identifier of ['id', 'tenant', 'patient', 'author', 'careTeam']) expect(root.fields).not.toContain(identifier)
    expect(decide('service', 'read', 'Patient', drafting).outcome).toBe('deny')
    const silent = together(drafting, { context: { recipient: 'business-associate', agreementInForce: false } })
    expect(decide('service', 'disclose', 'Recording', silent)).toMatchObject({
      outcome: 'deny',
      rule: 'business-associate-has-agreement',
    })
  })

  it('S92 the patient sees the whole note and none of what only rules need', () => {
    const { fields } = decide('patient', 'read', 'ProgressNote', together(asked, self, signed))
    expect(fields).toContain('body')
    for (const field of ['labels', 'restrictedFrom', 'representativeRefused', 'parentExcluded'])
      expect(fields).not.toContain(field)
  })

  it('S92 the referring physician sees the plan and a telephone number, no address and no insurance', () => {
    const physician = together(treat, to('treating-provider'), { actor: { id: 'd1' } })
    expect(decide('referringPhysician', 'disclose', 'TreatmentPlan', physician).fields).toContain('summary')
    const { fields } = decide('referringPhysician', 'disclose', 'Patient', physician)
    expect(fields).toEqual(['id', 'patient', 'careTeam', 'name', 'birthDate', 'phone'])
  })

  it('treatment by another provider is exempt from the minimum, so the whole note goes', () => {
    const { fields, citations } = decide('therapist', 'disclose', 'ProgressNote', together(treat, to('treating-provider')))
    expect(fields).toContain('body')
    expect(citations).toContain('45 CFR 164.502(b)(2)(i)')
  })
})

describe('what is changed', () => {
  it('S21 nobody gives themselves access by editing a record', () => {
    for (const [role, type] of [
      ['therapist', 'Appointment'],
      ['root', 'ProgressNote'],
      ['root', 'Patient'],
    ] as const) {
      const { outcome, fields } = decide(role, 'update', type, treat)
      expect(outcome).toBe('allow')
      for (const field of ['careTeam', 'labels', 'restrictedFrom', 'tenant', 'patient']) expect(fields).not.toContain(field)
    }
    const { obligations, fields } = decide('administrator', 'administer', 'Patient', admin)
    expect(obligations).toEqual([{ type: 'step-up', max_age: 300 }])
    expect(fields).toContain('careTeam')
    expect(fields).not.toContain('address')
  })
})

describe('what is owed', () => {
  it('S53 an export waits for a sign-in of the last five minutes', () => {
    const { obligations } = decide('administrator', 'export', 'TreatmentPlan', together(asked, to('individual')))
    expect(obligations).toEqual([{ type: 'step-up', max_age: 300 }])
  })

  it('S109 a broken glass is told, recorded and reviewed', () => {
    const { obligations } = decide('therapist', 'read', 'ProgressNote', broken)
    expect(obligations).toEqual([{ type: 'break-glass', notify: ['privacy-officer'], reviewWithinHours: 72 }])
  })

  it('S109 a Part 2 record owes the note of the emergency as well: the glass alone does not open it', () => {
    const decision = decide('therapist', 'read', 'ProgressNote', together(broken, labels('part2')))
    expect(decision.obligations.map(({ type }) => type)).toEqual(['break-glass', 'document'])
    expect(decision.overridden).toEqual([{ rule: 'part2-records-need-consent', by: 'medical-emergency' }])
  })

  it('a Part 2 record that leaves by consent takes the notice of 42 CFR 2.32 along; one that is used inside does not', () => {
    const consented = together(treat, labels('part2'), grants('consent'))
    const sent = decide('therapist', 'disclose', 'ProgressNote', together(consented, to('treating-provider')))
    expect(sent.obligations).toMatchObject([{ type: 'refrain', code: 'NORDSCLCD' }])
    expect(decide('therapist', 'read', 'ProgressNote', consented).obligations).toEqual([])
  })

  it('S129 who gets restricted information in an emergency is asked not to use it further', () => {
    const facts = together({ purpose: 'ETREAT' }, to('treating-provider'), labels('patient-restricted'))
    expect(decide('therapist', 'disclose', 'ProgressNote', facts).obligations).toMatchObject([
      { type: 'refrain', code: 'NOREUSE' },
    ])
  })
})
