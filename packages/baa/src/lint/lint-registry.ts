import { parseAs } from '@phi/core'
import * as z from 'zod'
import type { Agreement } from '../agreement/agreement.ts'
import { civilDate } from '../agreement/date.ts'
import { type Party, partyId } from '../agreement/party.ts'
import { statusAt } from '../agreement/status.ts'
import { coveredEntityTest, factsOf } from '../covered-entity/covered-entity.ts'
import { own } from '../own.ts'
import { type Registry, refuseUnread } from '../registry/registry.ts'
import { lintError } from './errors.ts'
import { finding, type LintFinding, sortFindings } from './finding.ts'
import { lintRead } from './lint.ts'

export interface LintRegistryOptions {
  /** The day on which it is asked, `YYYY-MM-DD`. Noon of it in UTC decides which agreements are in force. */
  readonly today: string
  /** A vendor of the registry whose customers the other parties are: each that is a covered entity must have an agreement with it. */
  readonly vendor?: string | undefined
  readonly quotes?: boolean | undefined
}

const optionsSchema = z.strictObject({
  today: civilDate,
  vendor: partyId.optional(),
  quotes: z.boolean().optional(),
})

/**
 * `lint` for every agreement of a registry that is not closed, in their order. The agreements above a subcontractor's, and the one of a
 * qualified service organization beside it, are found in the registry. With `vendor`, customers without an agreement are found too.
 * @throws PhiError PHI_BAA_LINT for the options; PHI_BAA_REGISTRY for a registry that `registry` did not make
 */
export function lintRegistry(model: Registry, options: LintRegistryOptions): readonly LintFinding[] {
  refuseUnread(model)
  const read = parseAs(optionsSchema, options, 'options', (context) => lintError('PHI_BAA_LINT', context))
  const { today, vendor, quotes } = own(read)
  if (vendor !== undefined && !model.parties.has(vendor)) {
    throw lintError('PHI_BAA_LINT', { path: 'options.vendor', detail: 'is not a party of the registry' })
  }
  const at = `${today}T12:00:00.000Z`
  const open = model.agreements.filter((each) => statusAt(each, at) !== 'closed')
  const received = new Map<string, Agreement[]>()
  const organizations = new Map<string, Agreement>()
  for (const each of open) {
    if (each.tier === 'qsoa') {
      const standing = ['signed', 'in-force'].includes(statusAt(each, at)) && each.terms.part2 !== undefined
      if (standing) organizations.set(pairOf(each), each)
    } else if (each.tier !== 'data-use') {
      const before = received.get(each.to.id)
      if (before) before.push(each)
      else received.set(each.to.id, [each])
    }
  }

  const findings = open.flatMap((agreement) => {
    const upstream = agreement.tier === 'ba-sub' ? (received.get(agreement.from.id) ?? []) : []
    const qsoa = organizations.get(pairOf(agreement))
    return lintRead(agreement, { today, services: [], upstream, qsoa, quotes })
  })
  const customers = vendor === undefined ? [] : customersWithout(model, vendor, at)
  return Object.freeze([...customers, ...findings])
}

const pairOf = ({ from, to }: Agreement): string => `${from.id} ${to.id}`

/** A covered entity has to have an agreement with the vendor. One that may be a covered entity, too. */
function customersWithout(model: Registry, vendor: string, at: string): readonly LintFinding[] {
  const covered = new Set(
    model.agreements
      .filter(({ tier, to }) => to.id === vendor && (tier === 'ce-ba' || tier === 'mou'))
      .filter((each) => statusAt(each, at) === 'in-force')
      .map(({ from }) => from.id),
  )
  const findings: LintFinding[] = []
  for (const party of model.parties.values()) {
    if (party.id === vendor || covered.has(party.id)) continue
    const answer = customerKind(party)
    if (answer === 'covered') findings.push(finding('customer-without-agreement', 'parties', { party: party.id }))
    if (answer === 'unknown') findings.push(finding('customer-unknown', 'parties', { party: party.id }))
  }
  return sortFindings(findings)
}

/** What the registry calls a covered entity is one; a provider is asked the test. */
function customerKind(party: Party): 'covered' | 'not-covered' | 'unknown' {
  if (party.kind === 'covered-entity') return 'covered'
  return party.kind === 'provider' ? coveredEntityTest(factsOf(party)).outcome : 'not-covered'
}
