import type { ClassSelector, DataClass, Service, Use } from '@phi/core'
import type {
  Agency,
  AiTerms,
  Closing,
  Eligibility,
  ReportClause,
  ReturnClause,
  ScopeKey,
  Signature,
  Termination,
  Tier,
  TimedClause,
  WindingDown,
} from './agreement.ts'
import type { Clause, ClauseSource } from './clause.ts'
import type { DateOrInstant } from './date.ts'
import type { Party } from './party.ts'

/** A word of the taxonomy that completes in an editor; the wrong ones get a sentence from `CheckedAgreement`. */
type Word<Known extends string> = Known | (string & {})

/** A service, bare or limited to a vendor's product, feature, edition, account, region or configuration. */
export type ServiceInput =
  | Word<Service>
  | ({ readonly service: Word<Service> } & { readonly [Key in ScopeKey]?: string | readonly string[] } & {
      readonly configuration?: { readonly [name: string]: string | readonly string[] }
    } & ClauseSource)

export type PermitInput = Word<DataClass> | ({ readonly class: Word<DataClass> } & ClauseSource)
export type ProhibitInput = Word<ClassSelector> | ({ readonly selector: Word<ClassSelector> } & ClauseSource)
export type UseInput = Word<Use> | ({ readonly use: Word<Use> } & ClauseSource)
export type ConditionInput = string | ({ readonly condition: string; readonly services?: readonly Service[] } & ClauseSource)

/** A clause of the contract: where it stands and what it says, or `true` for "it stands there". */
type Stated<Kind extends Clause> = true | Omit<Kind, 'id'>

/** The promises, as they are written down. See `Terms` for what each is. */
export interface TermsInput {
  readonly withinCoveredEntityLimits?: Stated<Clause>
  readonly onlyAsPermitted?: Stated<Clause>
  readonly safeguards?: Stated<Clause>
  readonly reportUses?: Stated<ReportClause>
  readonly reportBreaches?: Stated<ReportClause>
  readonly reportIncidents?: Stated<ReportClause>
  readonly subcontractors?: Stated<Clause>
  readonly access?: Stated<TimedClause>
  readonly amendment?: Stated<TimedClause>
  readonly accounting?: Stated<TimedClause>
  readonly delegatedDuties?: Stated<Clause & { readonly carriesOut?: 'none' }>
  readonly booksAndRecords?: Stated<Clause>
  readonly returnOrDestroy?: Stated<ReturnClause>
  readonly terminationForViolation?: Stated<Clause>
  readonly managementDisclosures?: Stated<Clause>
  readonly upstreamRestrictions?: Stated<Clause>
  readonly limitedRecipients?: Stated<Clause>
  readonly noReidentification?: Stated<Clause>
  readonly part2?: Stated<Clause>
  readonly governmentalObjectives?: Stated<Clause>
  readonly cooperation?: Stated<Clause>
  readonly logRetention?: Stated<TimedClause>
}

/** An agreement as a person writes it down from the contract: bare words, or objects with the section, page and text. */
export interface AgreementInput {
  readonly format?: 'phi.agreement/v1'
  readonly id: string
  readonly tier: Tier
  readonly version: string
  readonly dated?: DateOrInstant
  readonly documentHash?: string
  readonly from: Party
  readonly to: Party
  readonly services?: readonly ServiceInput[]
  readonly excludes?: readonly ServiceInput[]
  readonly permits?: readonly PermitInput[]
  readonly prohibits?: readonly ProhibitInput[]
  readonly uses?: readonly UseInput[]
  readonly prohibitsUses?: readonly UseInput[]
  readonly conditions?: readonly ConditionInput[]
  readonly eligibility?: { readonly [plan: string]: Eligibility }
  readonly plan?: string
  readonly terms?: TermsInput
  readonly ai?: Omit<AiTerms, 'id'>
  readonly agency?: Agency | ({ readonly is: Agency } & ClauseSource)
  readonly signatures?: readonly Signature[]
  readonly effective: DateOrInstant
  readonly expires?: DateOrInstant
  readonly terminated?: Termination
  readonly windingDown?: WindingDown
  readonly closed?: Closing
  readonly asOf?: string
  readonly reviewBy?: string
}
