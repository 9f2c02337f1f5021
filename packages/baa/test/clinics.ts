import type { DataClass, Service, Use } from '@phi/core'
import { defineFlows } from '../src/flows/define.ts'
import type { FlowEdgeInput, FlowMap, FlowNodeInput } from '../src/flows/map.ts'
import { type AgreementInput, parseAgreement, type Registry, registry } from '../src/index.ts'

/** The instant at which the platform of the tests is looked at. */
export const clinicsAt = '2026-11-21T10:00:00.000Z'

/** An exposure that was built in. */
export interface Planted {
  readonly node: string
  readonly class: DataClass
  readonly outcome: 'deny' | 'needs'
  readonly cut: string
}

export interface Clinics {
  readonly map: FlowMap
  readonly model: Registry
  readonly planted: readonly Planted[]
  /** Edges that carry more than the receiving node requires, with the classes. */
  readonly tooMuch: readonly { readonly edge: string; readonly class: DataClass }[]
}

const agreement = (
  from: AgreementInput['from'],
  to: AgreementInput['to'],
  services: readonly Service[],
  permits: readonly DataClass[],
  uses: readonly Use[],
  more: Partial<AgreementInput> = {},
) =>
  parseAgreement({
    id: `${from.id}-${to.id}`,
    tier: from.kind === 'covered-entity' ? 'ce-ba' : 'ba-sub',
    version: '1',
    from,
    to,
    services,
    permits,
    uses,
    effective: '2026-01-01',
    signatures: [from.id, to.id].map((party) => ({ party, at: '2026-01-02T09:00:00.000Z' })),
    terms: { subcontractors: true, access: true },
    ...more,
  })

const contact = ['phi.identity.name', 'phi.identity.email', 'phi.identity.phone'] as const
const intake = [
  ...contact,
  'phi.identity.date.birth',
  'phi.identity.plan-id',
  'phi.financial.insurance',
  'phi.clinical.history',
] as const
const clinical = ['phi.clinical.note.session', 'phi.clinical.plan', 'phi.clinical.diagnosis'] as const
const claim = ['phi.financial.claim', 'phi.code.icd10', 'phi.code.cpt'] as const
const appointment = ['phi.schedule.appointment', 'phi.schedule.session-link'] as const
const session = ['phi.comm.recording.audio', 'phi.comm.transcript'] as const

const clinicParty = (id: string) => ({ id, kind: 'covered-entity', type: 'health-care-provider' }) as const
const platform = { id: 'platform', kind: 'business-associate', name: 'Therapy platform' } as const
const vendor = (id: string, name: string) => ({ id, kind: 'subcontractor', name }) as const

const vendors = {
  cloud: vendor('cloud', 'Cloud host'),
  clearinghouse: vendor('clearinghouse', 'Clearinghouse'),
  video: vendor('video', 'Video vendor'),
  mail: vendor('mail', 'E-mail vendor'),
  sms: vendor('sms', 'Text message vendor'),
  scribe: vendor('scribe', 'AI scribe'),
  modelHost: vendor('model-host', 'Host of models'),
  errors: vendor('errors', 'Error reports'),
  metrics: vendor('metrics', 'Metrics vendor'),
  support: vendor('support', 'Support desk'),
} as const

const others = [
  { id: 'calendars', kind: 'other', name: 'Consumer calendars' },
  { id: 'web-analytics', kind: 'other', name: 'Web analytics' },
  { id: 'labelling', kind: 'other', name: 'Labelling contractor' },
  { id: 'bank', kind: 'other', name: 'Card processor' },
  { id: 'payer-a', kind: 'covered-entity', type: 'health-plan', name: 'Payer A' },
  { id: 'payer-b', kind: 'covered-entity', type: 'health-plan', name: 'Payer B' },
  { id: 'patients', kind: 'individual', name: 'Patients' },
] as const

const clinicUses = ['treatment', 'payment', 'operations', 'ai.inference'] as const
const platformData = [
  ...intake,
  ...clinical,
  ...claim,
  ...appointment,
  ...session,
  'phi.comm.message',
  'phi.financial.payment',
  'phi.ai.prompt',
  'phi.ai.output',
  'phi.ops',
] as const

const vendorAgreements = () => [
  agreement(platform, vendors.cloud, ['hosting', 'storage'], platformData, clinicUses, {
    prohibits: ['phi.clinical.note.psychotherapy'],
  }),
  agreement(
    platform,
    vendors.clearinghouse,
    ['billing'],
    [...claim, ...contact, ...clinical, 'phi.identity', 'phi.financial'],
    ['payment'],
  ),
  agreement(
    platform,
    vendors.video,
    ['telehealth'],
    [...appointment, ...session, 'phi.identity.name'],
    ['treatment', 'operations'],
  ),
  agreement(platform, vendors.mail, ['messaging.email'], [...contact, ...appointment], ['treatment', 'operations']),
  // Nobody has attested the condition: whether texts may go is not known.
  agreement(platform, vendors.sms, ['messaging.sms'], [...contact, ...appointment], ['treatment'], {
    conditions: ['link-tracking-off'],
  }),
  agreement(
    platform,
    vendors.scribe,
    ['ai'],
    [...session, 'phi.ai', ...clinical, 'phi.identity.name'],
    ['ai.inference', 'treatment'],
    {
      ai: { training: 'prohibited', subprocessors: ['model-host'] },
      prohibitsUses: ['ai.training'],
    },
  ),
  agreement(
    vendors.scribe,
    vendors.modelHost,
    ['ai', 'hosting'],
    [...session, 'phi.ai', ...clinical, 'phi.identity.name'],
    ['ai.inference', 'treatment'],
  ),
  // It permits reports, and not the codes and claims that reports of the billing job carry.
  agreement(
    platform,
    vendors.errors,
    ['monitoring'],
    ['phi.ops.error-report', 'phi.identity', 'phi.financial.insurance'],
    ['operations'],
  ),
  agreement(platform, vendors.metrics, ['monitoring'], ['phi.ops.analytics'], ['operations']),
  agreement(platform, vendors.support, ['support'], [...contact, 'phi.comm.message'], ['operations']),
]

/** Nodes of one clinic, and what flows between them and the platform. */
function clinicGraph(
  id: string,
  quirks: { readonly calendar: boolean; readonly psychotherapy: boolean; readonly oversharing: boolean },
) {
  const at = (name: string) => `${id}.${name}`
  const heldFor = id
  const nodes: FlowNodeInput[] = [
    {
      id: at('patients'),
      kind: 'person',
      party: 'patients',
      service: 'messaging.portal',
      holds: [...intake, 'phi.comm.message'],
    },
    { id: at('desk'), kind: 'person', party: id, service: 'scheduling', holds: ['phi.schedule.appointment'] },
    { id: at('therapist'), kind: 'person', party: id, service: 'records.notes', holds: clinical },
    { id: at('intake'), kind: 'service', party: 'platform', service: 'intake.forms' },
    { id: at('scheduler'), kind: 'service', party: 'platform', service: 'scheduling', holds: ['phi.schedule.session-link'] },
    {
      id: at('notes'),
      kind: 'store',
      party: 'platform',
      service: 'records.notes',
      ...(quirks.psychotherapy ? { holds: ['phi.clinical.note.psychotherapy'] } : {}),
    },
    { id: at('billing'), kind: 'service', party: 'platform', service: 'billing.claims', holds: claim },
    { id: at('portal'), kind: 'service', party: 'platform', service: 'messaging.portal' },
    { id: at('room'), kind: 'service', party: 'platform', service: 'telehealth.video', holds: session },
    { id: at('backup'), kind: 'store', party: 'cloud', service: 'storage.backup' },
  ]
  const edges: FlowEdgeInput[] = [
    { from: at('patients'), to: at('intake'), data: intake, use: 'treatment' },
    { from: at('patients'), to: at('portal'), data: ['phi.comm.message'], use: 'treatment' },
    { from: at('intake'), to: at('scheduler'), passes: contact, use: 'treatment' },
    { from: at('intake'), to: at('notes'), passes: ['phi.identity.name', 'phi.clinical.history'], use: 'treatment' },
    {
      from: at('intake'),
      to: at('billing'),
      passes: ['phi.identity.name', 'phi.identity.date.birth', 'phi.identity.plan-id', 'phi.financial.insurance'],
      use: 'payment',
    },
    { from: at('therapist'), to: at('notes'), data: clinical, use: 'treatment' },
    { from: at('desk'), to: at('scheduler'), data: ['phi.schedule.appointment'], use: 'treatment' },
    {
      from: at('scheduler'),
      to: at('desk'),
      passes: ['phi.schedule.appointment', 'phi.identity.name'],
      use: 'treatment',
      heldFor,
    },
    { from: at('scheduler'), to: at('portal'), passes: appointment, use: 'treatment' },
    { from: at('scheduler'), to: at('room'), passes: appointment, use: 'treatment' },
    {
      from: at('portal'),
      to: at('patients'),
      passes: [...appointment, 'phi.comm.message'],
      use: 'individual.access',
      exemption: { kind: 'individual', identityVerified: true, isSubject: true },
    },
    { from: at('notes'), to: at('therapist'), passes: clinical, use: 'treatment', heldFor },
    { from: at('notes'), to: at('billing'), passes: ['phi.clinical.diagnosis'], use: 'payment' },
    { from: at('notes'), to: at('backup'), data: ['phi.ops.backup'], use: 'operations' },
    {
      from: at('billing'),
      to: 'clearinghouse.intake',
      passes: [
        ...claim,
        'phi.identity',
        'phi.financial.insurance',
        ...(quirks.oversharing ? ['phi.clinical.diagnosis' as const] : []),
      ],
      use: 'payment',
    },
    { from: at('scheduler'), to: 'platform.reminders', passes: ['phi.schedule', ...contact], use: 'treatment' },
    { from: at('room'), to: 'video.bridge', passes: [...appointment, ...session], use: 'treatment' },
    { from: at('room'), to: 'platform.ai-gateway', passes: session, use: 'ai.inference' },
    { from: at('portal'), to: 'platform.inbox', passes: ['phi.comm.message'], use: 'operations' },
  ]
  if (quirks.calendar) {
    nodes.push({ id: at('calendar'), kind: 'vendor', party: 'calendars', service: 'scheduling.calendar-export' })
    edges.push({
      from: at('scheduler'),
      to: at('calendar'),
      data: appointment,
      use: 'treatment',
      source: { file: `clinics/${id}.yaml`, line: 12 },
    })
  }
  return { nodes, edges }
}

/** What the clinics share: the platform's own services, its vendors, and theirs. */
function sharedGraph(first: string, leaky: boolean) {
  const own = (name: string, service: Service, more: Partial<FlowNodeInput> = {}): FlowNodeInput => ({
    id: `platform.${name}`,
    kind: 'service',
    party: 'platform',
    service,
    ...more,
  })
  const out = (id: string, party: string, service: Service, more: Partial<FlowNodeInput> = {}): FlowNodeInput => ({
    id,
    kind: 'vendor',
    party,
    service,
    ...more,
  })
  const nodes: FlowNodeInput[] = [
    own('reminders', 'scheduling.reminders'),
    own('ai-gateway', 'ai.transcription', { holds: ['phi.ai.prompt'] }),
    own('inbox', 'messaging.portal'),
    own('billing-job', 'billing.claims'),
    own('web', 'scheduling.booking', { holds: ['phi.identity.ip'] }),
    own('payments', 'billing.payments', { holds: ['phi.financial.payment'] }),
    own('audit-log', 'storage.logs', { kind: 'store', holds: ['phi.ops.auditlog'] }),
    own('database', 'storage.database', { kind: 'store' }),
    own('warehouse', 'analytics', { kind: 'store' }),
    own('helpdesk-bridge', 'support'),
    out('clearinghouse.intake', 'clearinghouse', 'billing.claims', {
      requires: [...claim, 'phi.identity', 'phi.financial.insurance'],
    }),
    out('video.bridge', 'video', 'telehealth.video'),
    out('mail.relay', 'mail', 'messaging.email'),
    out('sms.relay', 'sms', 'messaging.sms'),
    out('scribe.transcribe', 'scribe', 'ai.transcription'),
    out('scribe.drafts', 'scribe', 'ai.note-draft', { holds: ['phi.ai.output'] }),
    out('models', 'model-host', 'hosting'),
    out('errors.ingest', 'errors', 'monitoring'),
    out('metrics.ingest', 'metrics', 'monitoring'),
    out('support.desk', 'support', 'support'),
    out('cloud.bucket', 'cloud', 'storage.object', { kind: 'store' }),
    out('bank.gateway', 'bank', 'billing.payments'),
  ]
  const edges: FlowEdgeInput[] = [
    {
      from: 'platform.reminders',
      to: 'mail.relay',
      passes: ['phi.identity.name', 'phi.identity.email', 'phi.schedule.appointment'],
      use: 'treatment',
    },
    { from: 'platform.reminders', to: 'platform.database', passes: 'all', use: 'operations' },
    { from: 'platform.database', to: 'cloud.bucket', data: ['phi.ops.backup'], use: 'operations' },
    { from: 'platform.ai-gateway', to: 'scribe.transcribe', passes: [...session, 'phi.ai.prompt'], use: 'ai.inference' },
    { from: 'scribe.transcribe', to: 'models', passes: 'all', use: 'ai.inference' },
    { from: 'models', to: 'scribe.drafts', passes: 'all', use: 'ai.inference', heldFor: 'scribe' },
    { from: 'scribe.drafts', to: 'platform.ai-gateway', data: ['phi.ai.output'], use: 'treatment', heldFor: 'platform' },
    { from: 'platform.inbox', to: 'platform.helpdesk-bridge', passes: 'all', use: 'operations' },
    { from: 'platform.helpdesk-bridge', to: 'support.desk', passes: ['phi.comm.message'], use: 'operations' },
    {
      from: `${first}.billing`,
      to: 'platform.billing-job',
      passes: [...claim, 'phi.identity.plan-id', 'phi.financial.insurance'],
      use: 'payment',
    },
    { from: 'platform.billing-job', to: 'platform.audit-log', passes: 'all', use: 'operations' },
    { from: 'platform.web', to: 'platform.audit-log', passes: 'all', use: 'operations' },
    { from: 'platform.web', to: 'platform.warehouse', passes: ['phi.identity.ip'], use: 'operations' },
    { from: 'platform.warehouse', to: 'metrics.ingest', data: [{ class: 'phi.ops.analytics', madeOf: [] }], use: 'operations' },
    {
      from: 'platform.payments',
      to: 'bank.gateway',
      passes: ['phi.financial.payment'],
      use: 'payment',
      exemption: { kind: 'payment-processing', financialInstitution: true, activities: ['processing'], otherServices: false },
    },
  ]
  for (const payer of ['payer-a', 'payer-b']) {
    nodes.push(out(`${payer}.claims`, payer, 'billing.claims', { requires: [...claim, 'phi.identity'] }))
    edges.push({
      from: 'clearinghouse.intake',
      to: `${payer}.claims`,
      passes: [...claim, 'phi.identity', ...(leaky && payer === 'payer-b' ? ['phi.financial.insurance' as const] : [])],
      use: 'payment',
      exemption: { kind: 'payment-of-recipient', forItsOwnPayment: true },
    })
  }
  if (!leaky) return { nodes, edges }
  nodes.push(out('analytics.collect', 'web-analytics', 'analytics'), out('labelling.queue', 'labelling', 'ai.transcription'))
  edges.push(
    {
      from: 'platform.reminders',
      to: 'sms.relay',
      passes: ['phi.identity.phone', 'phi.schedule.appointment'],
      use: 'treatment',
    },
    {
      from: 'platform.web',
      to: 'analytics.collect',
      data: ['phi.ops.analytics'],
      use: 'operations',
      source: { file: 'web/src/analytics.ts', line: 40 },
    },
    // The scribe is covered, and so is the host of its models. It gives transcripts on to somebody nobody has heard of.
    { from: 'scribe.transcribe', to: 'labelling.queue', passes: ['phi.comm.transcript'], use: 'ai.inference' },
    { from: 'platform.billing-job', to: 'errors.ingest', data: ['phi.ops.error-report'], use: 'operations' },
  )
  return { nodes, edges }
}

/**
 * A platform for many clinics, as therapists use them. With `leaky`, flows that are not covered are built in, one of each common kind; without,
 * every flow is covered.
 */
export function clinics(count: number, { leaky = true }: { readonly leaky?: boolean } = {}): Clinics {
  const ids = Array.from({ length: count }, (_, index) => `c${String(index + 1).padStart(2, '0')}`)
  const has = (quirk: boolean) => leaky && quirk
  const each = ids.map((id, index) =>
    clinicGraph(id, { calendar: has(index % 6 === 2), psychotherapy: has(index === 4), oversharing: has(index === 6) }),
  )
  const shared = sharedGraph(ids[0] as string, leaky)
  const map = defineFlows({
    nodes: [...shared.nodes, ...each.flatMap((clinic) => clinic.nodes)],
    edges: [...shared.edges, ...each.flatMap((clinic) => clinic.edges)],
  })
  const services = ['scheduling', 'records', 'intake', 'billing', 'messaging', 'telehealth', 'ai.transcription'] as const
  const model = registry(
    [...ids.map((id) => agreement(clinicParty(id), platform, services, platformData, clinicUses)), ...vendorAgreements()],
    {
      parties: others,
      subprocessors: [{ of: 'scribe', to: 'model-host', for: ['ai'], does: 'ai' }],
      complete: ['platform', ...Object.values(vendors).map(({ id }) => id)],
    },
  )
  if (!leaky) return { map, model, planted: [], tooMuch: [] }
  const plant = (node: string, outcome: Planted['outcome'], cut: string, classes: readonly DataClass[]) =>
    classes.map((name): Planted => ({ node, class: name, outcome, cut }))
  return {
    map,
    model,
    planted: [
      ...ids
        .filter((_, index) => index % 6 === 2)
        .flatMap((id) => plant(`${id}.calendar`, 'deny', `${id}.scheduler->${id}.calendar`, appointment)),
      ...(count > 4 ? plant('c05.backup', 'deny', 'c05.notes->c05.backup', ['phi.clinical.note.psychotherapy']) : []),
      ...plant('sms.relay', 'needs', 'platform.reminders->sms.relay', ['phi.identity.phone', 'phi.schedule.appointment']),
      ...plant('analytics.collect', 'deny', 'platform.web->analytics.collect', ['phi.ops.analytics', 'phi.identity.ip']),
      ...plant('labelling.queue', 'deny', 'scribe.transcribe->labelling.queue', ['phi.comm.transcript']),
      ...plant('errors.ingest', 'deny', 'platform.billing-job->errors.ingest', claim),
    ],
    tooMuch: [
      { edge: 'clearinghouse.intake->payer-b.claims', class: 'phi.financial.insurance' },
      ...(count > 6 ? [{ edge: 'c07.billing->clearinghouse.intake', class: 'phi.clinical.diagnosis' } as const] : []),
    ],
  }
}
