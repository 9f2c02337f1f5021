import {
  covers,
  type DataClass,
  type DataClassRow,
  dataClasses,
  type Identifiability,
  overlaps,
  type Service,
  safeHarborIdentifiers,
  type Use,
} from '@phi/core'
import { certainEnd } from '../agreement/date.ts'
import type { Party } from '../agreement/party.ts'
import { own } from '../own.ts'
import { type ExemptionClaim, paymentActivities } from './exemption.ts'

/** What a claim is tested against. */
export interface ExemptionSetting {
  readonly to: Party
  readonly service: Service
  readonly use: Use
  /** Everything that the data carries. */
  readonly classes: readonly DataClass[]
  /** Milliseconds since 1970. */
  readonly at: number
  /** How far the data identifies a person, where somebody attests it. */
  readonly identifiability?: Identifiability | undefined
}

/** One fact of the test of an exemption, and whether it holds. `unknown` is never enough. */
export interface ExemptionFact {
  readonly fact: string
  readonly holds: boolean | 'unknown'
}

const known = (value: boolean | undefined): boolean | 'unknown' => (typeof value === 'boolean' ? value : 'unknown')
const fact = (name: string, holds: boolean | 'unknown'): ExemptionFact => ({ fact: name, holds })

/** Services that only carry data: a telephone line. Video platforms have accounts, and gateways for messages keep them. */
const carriers: readonly Service[] = ['telehealth.audio']

const tests: {
  readonly [Kind in ExemptionClaim['kind']]: (
    claim: Extract<ExemptionClaim, { kind: Kind }>,
    setting: ExemptionSetting,
  ) => readonly ExemptionFact[]
} = {
  treatment: (claim, { to, use }) => [
    fact('the use is treatment', covers('treatment', use)),
    fact('the recipient is a health care provider', isProvider(to)),
    fact('the recipient treats the individual', known(claim.treatsTheIndividual)),
  ],
  workforce: (claim, { to }) => [
    fact('the recipient is a member of the workforce', to.kind === 'workforce'),
    fact('their work is under the direct control of the sender', known(claim.underDirectControl)),
  ],
  conduit: (claim, { service }) => [
    fact(
      'the service carries data and nothing else',
      carriers.some((each) => covers(each, service)),
    ),
    fact('it transmits only', claim.transmits === undefined ? 'unknown' : claim.transmits === 'only'),
    fact(
      'it stores nothing beyond the transmission',
      claim.storage === undefined ? 'unknown' : claim.storage === 'none' || claim.storage === 'temporary',
    ),
    fact(
      'it has no routine access',
      claim.access === undefined ? 'unknown' : claim.access === 'none' || claim.access === 'random-or-infrequent',
    ),
  ],
  'payment-processing': (claim, { use, classes }) => [
    fact('the use is payment', covers('payment', use)),
    fact(
      'only payment data goes',
      classes.every((each) => covers('phi.financial.payment', each) || paying.has(each)),
    ),
    fact('the recipient is a financial institution', known(claim.financialInstitution)),
    fact(
      'every activity is one of section 1179',
      claim.activities === undefined || claim.activities.length === 0
        ? 'unknown'
        : claim.activities.every((each) => paymentActivities.includes(each)),
    ),
    fact('it does nothing else', claim.otherServices === undefined ? 'unknown' : claim.otherServices === false),
  ],
  'de-identified': (claim, { at, classes, identifiability }) => [
    fact('nobody attests otherwise', identifiability === undefined || covers('de-identified', identifiability)),
    fact('the evidence is kept', typeof claim.evidence === 'string' && claim.evidence.trim() !== '' ? true : 'unknown'),
    ...(claim.method === 'safe-harbor'
      ? [
          fact(
            'all eighteen identifiers are removed',
            claim.removed === undefined
              ? 'unknown'
              : Object.keys(safeHarborIdentifiers).every((letter) => claim.removed?.includes(letter)),
          ),
          fact('no identifier is among the classes', !classes.some(holdsIdentifier)),
          fact(
            'nobody knows that what is left could identify the individual',
            claim.actualKnowledge === undefined ? 'unknown' : claim.actualKnowledge === false,
          ),
        ]
      : claim.method === 'expert'
        ? [
            fact('no direct identifier is among the classes', !classes.some(holdsDirectIdentifier)),
            fact(
              'the determination stands at this time',
              claim.validUntil === undefined ? 'unknown' : at < certainEnd(claim.validUntil),
            ),
          ]
        : [fact('one of the two methods was used', claim.method === undefined ? 'unknown' : false)]),
  ],
  'payment-of-recipient': (claim, { to, use }) => [
    fact('the use is payment', covers('payment', use)),
    fact('the recipient is a covered entity or a provider', to.kind === 'covered-entity' || to.kind === 'provider'),
    fact('it is for the payment activities of the recipient', known(claim.forItsOwnPayment)),
  ],
  individual: (claim, { to, use }) => [
    fact('the use is access by the individual', covers('individual', use)),
    fact('the recipient is the individual, or their personal representative', to.kind === 'individual'),
    fact('their identity is verified', known(claim.identityVerified)),
    fact('the data is about them, or about whom they represent', known(claim.isSubject)),
  ],
}

/** What has to stand on a payment for it to be made, beside the payment itself. */
const paying: ReadonlySet<DataClass> = new Set([
  'phi.identity.name',
  'phi.identity.account',
  'phi.identity.email',
  'phi.identity.phone',
  'phi.identity.geo.zip5',
] as const)

const identifiers = () => Object.values<DataClassRow>(dataClasses).filter((row) => row.safeHarbor !== undefined)
/** What not even a limited data set keeps. */
const holdsDirectIdentifier = (each: DataClass) =>
  identifiers().some((row) => row.limitedDataSet === 'drop' && overlaps(each, row.key))
const holdsIdentifier = (each: DataClass) => identifiers().some((row) => overlaps(each, row.key))

/** Whether a party is a health care provider. */
export function isProvider(party: Party): boolean | 'unknown' {
  if (party.kind === 'provider') return true
  if (party.kind !== 'covered-entity') return false
  return party.type === undefined ? 'unknown' : party.type === 'health-care-provider'
}

/** Runs the test of a claim: every fact of it, in order. A claim of a kind that is not known has a fact that does not hold. */
export function testExemption(stated: ExemptionClaim, setting: ExemptionSetting): readonly ExemptionFact[] {
  // Its own members only: a fact that somebody planted on a prototype proves nothing.
  const claim = own(stated)
  if (!Object.hasOwn(tests, claim.kind)) return [fact('the exemption is one of those that are known', false)]
  return (tests[claim.kind] as (claim: ExemptionClaim, setting: ExemptionSetting) => readonly ExemptionFact[])(claim, setting)
}
