import { type Control, from, measured, plain, text } from './control.ts'
import type { ParameterKind, ParameterKinds } from './parameter.ts'

const noWords = 'no word on how often'
const periodic = text('45 CFR 164.316(b)(2)(iii)')
const riskManagement = from('45 CFR 164.308(a)(1)(ii)(B)', 'memory')
const workstations = text('45 CFR 164.310(b)-(c)')
const devices = text('45 CFR 164.310(d)(1)')

/**
 * The measures that the requirements list names, each a row of its own: three time-outs are three controls, since a screen that locks
 * after five minutes says nothing of a session that lives for thirty. Where the citation names no such measure, the standing is
 * `not-named` and the citation is the standard that it serves.
 */
// biome-ignore format: a table
export const controls = Object.freeze({
  // Administrative
  'privacy-officer': plain({ title: 'A privacy official is named', safeguard: 'admin.officer', citation: from('45 CFR 164.530(a)(1)(i)', 'memory'), standing: 'standard', seeds: ['S101'] }),
  'security-officer': plain({ title: 'A security official is named', safeguard: 'admin.officer', citation: text('45 CFR 164.308(a)(2)'), standing: 'standard', seeds: ['S101', 'S147'] }),
  'officers-report-to-leadership': plain({ title: 'Both officials report directly to executive leadership', safeguard: 'admin.officer', citation: text('45 CFR 164.308(a)(2)'), standing: 'not-named', seeds: ['S101'] }),
  'workforce-training': measured('topics', [
    { value: { topics: ['privacy', 'secure-messaging', 'incident-reporting'] }, seed: 'S56' },
    { value: { topics: ['privacy', 'security-awareness'] }, seed: 'S102' },
  ], {
    title: 'The workforce is trained on hire and again each period', safeguard: 'admin.training', citation: text('45 CFR 164.308(a)(5)(i)'), also: [text('45 CFR 164.530(b)')], standing: 'standard', seeds: ['S10', 'S56', 'S102', 'S147'],
    cadence: { suggested: { every: 'yearly', seed: 'S102' }, words: '"periodic" security updates; each new member "within a reasonable period of time" after joining', events: ['on hire', 'on material change'], eventsInLaw: ['on hire'] },
  }),
  'background-check': plain({ title: 'Backgrounds are verified before access', safeguard: 'admin', citation: from('45 CFR 164.308(a)(3)(ii)(B)', 'memory'), standing: 'addressable', seeds: ['S102'] }),
  'access-after-training': plain({ title: 'Production access is granted only after training and background verification', safeguard: 'admin', citation: from('45 CFR 164.308(a)(4)(ii)(B)', 'memory'), standing: 'addressable', seeds: ['S102'] }),
  'sanction-policy': plain({ title: 'A sanction policy is applied', safeguard: 'admin.sanction', citation: text('45 CFR 164.308(a)(1)(ii)(C)'), also: [from('45 CFR 164.530(e)(1)', 'memory')], standing: 'required', seeds: ['S11', 'S147'] }),
  'risk-analysis': plain({
    title: 'Risks to electronic health information are analysed', safeguard: 'admin.risk-analysis', citation: text('45 CFR 164.308(a)(1)(ii)(A)'), also: [periodic], standing: 'required', seeds: ['S13', 'S57', 'S103', 'S147'],
    cadence: { suggested: { every: 'yearly', seed: 'S103' }, words: '"an accurate and thorough assessment", without a word on how often', events: ['on significant change'], eventsInLaw: [] },
  }),
  'risk-remediation': plain({ title: 'Findings have owners and are tracked to remediation', safeguard: 'admin.risk-analysis', citation: riskManagement, standing: 'required', seeds: ['S24', 'S57', 'S103'] }),
  'ai-risk-analysis': plain({ title: 'The risk analysis covers AI features: prompt leakage, model errors, downstream sharing', safeguard: 'admin.risk-analysis', citation: from('45 CFR 164.308(a)(1)(ii)(A)', 'interpretation'), standing: 'not-named', seeds: ['S43'], ofFeature: true }),
  'contingency-plan': measured('recovery', [], { title: 'A contingency plan with recovery objectives', safeguard: 'admin.contingency', citation: text('45 CFR 164.308(a)(7)(i)'), standing: 'standard', seeds: ['S12', 'S27', 'S104'] }),
  'contingency-test': measured('recovery', [], {
    title: 'Disaster recovery and continuity plans are tested against their objectives', safeguard: 'admin.contingency', citation: text('45 CFR 164.308(a)(7)(ii)(D)'), standing: 'addressable', seeds: ['S12', 'S104'],
    cadence: { suggested: { every: 'quarterly', seed: 'S104' }, words: '"periodic"', events: [], eventsInLaw: [] },
  }),
  'restore-test': measured('recovery', [], {
    title: 'Backups are restored and the copies checked', safeguard: 'admin.contingency', citation: text('45 CFR 164.308(a)(7)(ii)(A)'), also: [text('45 CFR 164.308(a)(7)(ii)(D)')], standing: 'required', seeds: ['S27'],
    cadence: { words: '"retrievable exact copies"; tests of contingency plans are "periodic"', events: [], eventsInLaw: [] },
  }),
  'backup-zones': plain({ title: 'Backups span several availability zones', safeguard: 'admin.contingency', citation: text('45 CFR 164.308(a)(7)(ii)(A)'), standing: 'not-named', seeds: ['S104'] }),
  'incident-response-plan': plain({ title: 'An incident response plan', safeguard: 'admin.incident', citation: text('45 CFR 164.308(a)(6)(i)'), standing: 'standard', seeds: ['S147'] }),
  'escalation-path': plain({ title: 'Safety concerns have a path of escalation', safeguard: 'admin.incident', citation: text('45 CFR 164.308(a)(6)(i)'), standing: 'not-named', seeds: ['S49'] }),
  'policies': plain({
    title: 'Policies, procedures and the notice of privacy practices describe the platforms in use', safeguard: 'admin', citation: from('45 CFR 164.316(a)', 'memory'), also: [periodic, from('45 CFR 164.530(i)', 'memory')], standing: 'standard', seeds: ['S34', 'S55'],
    cadence: { words: 'reviewed "periodically", and updated "in response to environmental or operational changes"', events: ['on change of platform'], eventsInLaw: [] },
  }),
  'vendor-attestations': measured('attestations', [], {
    title: 'Security documentation and independent attestations of vendors are obtained', safeguard: 'admin.baa', citation: text('45 CFR 164.308(b)(3)'), standing: 'not-named', seeds: ['S52'],
    cadence: { words: noWords, events: [], eventsInLaw: [] },
  }),
  'secure-development': plain({ title: 'A secure development lifecycle', safeguard: 'admin.risk-analysis', citation: riskManagement, standing: 'not-named', seeds: ['S24'] }),
  'dependency-scanning': plain({ title: 'Dependencies are scanned', safeguard: 'admin.risk-analysis', citation: riskManagement, standing: 'not-named', seeds: ['S24'] }),
  'penetration-test': plain({
    title: 'Penetration tests', safeguard: 'admin.risk-analysis', citation: riskManagement, standing: 'not-named', seeds: ['S24'],
    cadence: { words: noWords, events: ['on significant change'], eventsInLaw: [] },
  }),
  'patch-times': measured('patch', [], { title: 'Weaknesses are patched within stated times', safeguard: 'admin.risk-analysis', citation: riskManagement, standing: 'not-named', seeds: ['S26'] }),
  'log-review': plain({
    title: 'Audit logs and access reports are reviewed', safeguard: 'technical.audit', citation: text('45 CFR 164.308(a)(1)(ii)(D)'), standing: 'required', seeds: ['S58'],
    cadence: { words: '"regularly"', events: [], eventsInLaw: [] },
  }),
  'ai-phi-review': plain({ title: 'AI features were reviewed for the health information that they handle', safeguard: 'admin.risk-analysis', citation: from('45 CFR 164.308(a)(1)(ii)(A)', 'interpretation'), standing: 'not-named', seeds: ['S36', 'S58'], ofFeature: true }),
  'ai-retention': measured('limit', [], { title: 'What AI features keep is limited', safeguard: 'admin.baa', citation: from('45 CFR 164.308(b)(3)', 'interpretation'), standing: 'not-named', seeds: ['S39', 'S58'], ofFeature: true }),

  // Physical
  'facility-attestations': measured('attestations', [{ value: { names: ['SOC 2 Type II', 'ISO 27001', 'ISO 27017'] }, seed: 'S105' }], { title: 'Facilities are attested', safeguard: 'physical.facility', citation: text('45 CFR 164.310(a)(1)'), standing: 'not-named', seeds: ['S105'] }),
  'facility-entry': plain({ title: 'Entry by badge and biometric, watched around the clock', safeguard: 'physical.facility', citation: from('45 CFR 164.310(a)(2)(iii)', 'memory'), standing: 'addressable', seeds: ['S105'] }),
  'workstation-management': plain({ title: 'Workstations are managed centrally (MDM)', safeguard: 'physical.workstation', citation: workstations, standing: 'not-named', seeds: ['S106'] }),
  'disk-encryption': plain({ title: 'Disks of workstations and laptops are encrypted', safeguard: 'technical.encryption-rest', citation: text('45 CFR 164.312(a)(2)(iv)'), standing: 'addressable', seeds: ['S106', 'S107', 'S148'] }),
  'screen-lock': measured('minutes', [{ value: { minutes: 5 }, seed: 'S148' }], { title: 'Workstations lock their screens', safeguard: 'physical.workstation', citation: workstations, standing: 'not-named', seeds: ['S106', 'S148'] }),
  'screen-position': plain({ title: 'Monitors face away from the public', safeguard: 'physical.workstation', citation: workstations, standing: 'not-named', seeds: ['S148'] }),
  'remote-wipe': plain({ title: 'Workstations and mobile devices can be wiped from afar', safeguard: 'physical.device', citation: devices, standing: 'not-named', seeds: ['S106', 'S148'] }),
  'no-local-data': plain({ title: 'No health information is kept on workstations', safeguard: 'physical.workstation', citation: workstations, standing: 'not-named', seeds: ['S106'] }),
  'device-protections': plain({ title: 'Devices of the workforce are protected', safeguard: 'physical.device', citation: devices, standing: 'standard', seeds: ['S5'] }),
  'personal-devices-barred': plain({ title: 'Personal devices do not reach production', safeguard: 'physical.device', citation: devices, standing: 'not-named', seeds: ['S107'] }),
  'device-inventory': plain({ title: 'Devices are inventoried', safeguard: 'physical.device', citation: from('45 CFR 164.310(d)(2)(iii)', 'memory'), standing: 'addressable', seeds: ['S107'] }),
  'wipe-on-separation': plain({
    title: 'Devices are wiped when somebody leaves', safeguard: 'physical.device', citation: from('45 CFR 164.308(a)(3)(ii)(C)', 'memory'), standing: 'addressable', seeds: ['S107'],
    cadence: { words: noWords, events: ['on separation'], eventsInLaw: [] },
  }),

  // Technical
  'role-based-access': plain({ title: 'Roles limit access to what they need', safeguard: 'technical', citation: text('45 CFR 164.312(a)(1)'), standing: 'standard', seeds: ['S58'] }),
  'mfa': plain({ title: 'Multi-factor authentication', safeguard: 'technical.mfa', citation: text('45 CFR 164.312(d)'), standing: 'not-named', seeds: ['S58'] }),
  'platform-logoff': measured('minutes', [{ value: { minutes: 30 }, seed: 'S110' }], { title: 'The platform ends sessions without activity', safeguard: 'technical.logoff', citation: text('45 CFR 164.312(a)(2)(iii)'), standing: 'addressable', seeds: ['S110'] }),
  'practice-tool-logoff': measured('minutes', [{ value: { minutes: 15 }, seed: 'S143' }], { title: 'The practice tool ends sessions without activity', safeguard: 'technical.logoff', citation: text('45 CFR 164.312(a)(2)(iii)'), standing: 'addressable', seeds: ['S143'] }),
  'encryption-in-transit': measured('tls', [{ value: { minimumVersion: '1.2' }, seed: 'S14' }, { value: { minimumVersion: '1.3' }, seed: 'S87' }], { title: 'Data is encrypted in transit', safeguard: 'technical.transmission', citation: from('45 CFR 164.312(e)(2)(ii)', 'memory'), standing: 'addressable', seeds: ['S14', 'S58', 'S87'] }),
  'encryption-at-rest': measured('cipher', [{ value: { algorithm: 'AES-256' }, seed: 'S18' }], { title: 'Data is encrypted at rest', safeguard: 'technical.encryption-rest', citation: text('45 CFR 164.312(a)(2)(iv)'), standing: 'addressable', seeds: ['S18', 'S58'] }),
  'access-and-transmission-log': plain({ title: 'Access to health information and its transmission are logged', safeguard: 'technical.audit', citation: text('45 CFR 164.312(b)'), standing: 'standard', seeds: ['S50'] }),
  'export-restriction': plain({ title: 'Exports are restricted', safeguard: 'technical', citation: text('45 CFR 164.312(a)(1)'), standing: 'not-named', seeds: ['S53', 'S58'] }),
  'activity-notifications': plain({ title: 'Unusual activity is notified', safeguard: 'technical.audit', citation: text('45 CFR 164.308(a)(1)(ii)(D)'), standing: 'not-named', seeds: ['S53'] }),
  'document-checksums': plain({ title: 'Critical documents are stored with checksums', safeguard: 'technical.integrity', citation: text('45 CFR 164.312(c)(1)'), standing: 'not-named', seeds: ['S113'] }),
  'telehealth-configuration': plain({ title: 'Telehealth is configured as it has to be', safeguard: 'technical.transmission', citation: from('45 CFR 164.312(e)(1)', 'interpretation'), standing: 'not-named', seeds: ['S58'], ofFeature: true }),
})

export type ControlId = keyof typeof controls

/** The kind of the parameter of a control, and what a value of it looks like; `never` for a control without one. */
export type ParameterOf<Id extends ControlId> =
  (typeof controls)[Id] extends Control<infer Kind> ? (Kind extends ParameterKind ? ParameterKinds[Kind] : never) : never

/** Whether a value is the id of a control of the catalogue. */
export const isControl = (value: unknown): value is ControlId => typeof value === 'string' && Object.hasOwn(controls, value)

/** The row of a control. */
export const controlOf = (id: ControlId): Control => controls[id] as Control
