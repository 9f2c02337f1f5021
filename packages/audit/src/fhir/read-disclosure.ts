import { type PurposeOfUse, purposesOfUse } from '@phi/core'
import { peek, setOnce } from './carried.ts'
import type { Element } from './element.ts'
import { codeOf, codingsOf } from './element.ts'
import { DESTINATION } from './kinds.ts'
import { fits, type Reading, referenceOf } from './reading.ts'
import { sameCode } from './systems.ts'

/**
 * A disclosure that another's resource reports, as 45 CFR 164.528(b)(2) asks for it: to whom, what and why. FHIR says the last two in
 * codes and references, so they are written as texts and named as assumed. Where one of the three is not said, there is no disclosure
 * group, and the recipient is listed as not carried.
 */
export function readDisclosure(reading: Reading, recipient: Element): void {
  const { event, action, assumed, root } = reading
  if (action !== 'disclose') return
  const who = recipient.get('who')
  const found = referenceOf(who, 'actor', reading)
  const name = who?.text('display') ?? found?.id
  const resource = peek(event, 'subject.resource') as { type: string; id: string } | undefined
  const described = root.items('entity').find((entity) => entity.text('description') !== undefined)
  const description = described?.text('description') ?? (resource === undefined ? undefined : `${resource.type}/${resource.id}`)
  const code = peek(event, 'context.purpose') as PurposeOfUse | undefined
  const purpose =
    (peek(event, 'context.reason') as string | undefined) ?? (code === undefined ? undefined : purposesOfUse[code].display)
  if (who === undefined || !fits(name) || description === undefined || description.length > 2048 || purpose === undefined)
    return
  setOnce(event, 'context.disclosure.recipient', name)
  setOnce(event, 'context.disclosure.description', description)
  setOnce(event, 'context.disclosure.purpose', purpose)
  assumed.push('context.disclosure.description', 'context.disclosure.purpose')
  who.useKey(who.text('display') === undefined ? 'reference' : 'display')
  for (const each of codingsOf(recipient, 'type')) if (sameCode(codeOf(each), DESTINATION)) each.use()
  recipient.useKey('requestor')
  const address = recipient.get('network')?.get('address') ?? recipient.get('networkUri') ?? recipient.get('networkString')
  if (address === undefined) return
  setOnce(event, 'context.disclosure.address', address.value)
  if (recipient.get('network') === undefined) address.use()
  else recipient.get('network')?.use()
}
