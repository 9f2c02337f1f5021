import { parseAs } from '@phi/core'
import * as z from 'zod'
import { type IpRange, inRange, parseAddress, parseRange } from '../ip/address.ts'
import { sessionError } from './errors.ts'

export interface IpPolicyOptions {
  /** Ranges in CIDR notation or single addresses, or 'any' in so many words. An empty list allows nothing. */
  readonly allow: 'any' | readonly string[]
  /** Ranges that are denied, whatever is allowed. */
  readonly deny?: readonly string[]
}

/**
 * `unreadable`: not one strictly written address, or none at all. `denied`: on the deny list. `not-allowed`: not on the allow
 * list.
 */
export type IpVerdict =
  | { readonly outcome: 'allowed' }
  | { readonly outcome: 'denied'; readonly reason: 'unreadable' | 'denied' | 'not-allowed' }

export interface IpPolicy {
  /** Judges an address as your server saw it: not a header that the client wrote. Anything but a text is `unreadable`. */
  check(address: unknown): IpVerdict
}

const ranges = z.array(z.string().max(64)).max(10_000)
const schema = z.strictObject({ allow: z.union([z.literal('any'), ranges]), deny: ranges.optional() })

const allowed: IpVerdict = Object.freeze({ outcome: 'allowed' })
const denied = (reason: 'unreadable' | 'denied' | 'not-allowed'): IpVerdict => Object.freeze({ outcome: 'denied', reason })
const verdicts = { unreadable: denied('unreadable'), denied: denied('denied'), notAllowed: denied('not-allowed') }

function parsed(list: readonly string[], path: string): readonly IpRange[] {
  return list.map((text, index) => {
    const range = parseRange(text)
    if (range) return range
    const detail = 'must be an address or a range in CIDR notation, with no bit set after the prefix'
    throw sessionError('PHI_RBAC_SESSION_OPTIONS', { path: `${path}.*`, detail, info: { index } })
  })
}

/**
 * A list of addresses from which one may work (S22). Deny wins, and what is not an address is denied. IPv4-mapped IPv6 addresses count as
 * the IPv4 address; apart from that IPv4 and IPv6 are judged apart, so a list that means both names both.
 * @throws PhiError PHI_RBAC_SESSION_OPTIONS for a range that is not strictly written (see `parseRange`)
 */
export function ipPolicy(options: IpPolicyOptions): IpPolicy {
  const { allow, deny = [] } = parseAs(schema, options, 'ipPolicy', (context) =>
    sessionError('PHI_RBAC_SESSION_OPTIONS', context),
  )
  const allowList = allow === 'any' ? undefined : parsed(allow, 'ipPolicy.allow')
  const denyList = parsed(deny, 'ipPolicy.deny')
  return Object.freeze({
    check(text: unknown): IpVerdict {
      const address = typeof text === 'string' ? parseAddress(text) : undefined
      if (address === undefined) return verdicts.unreadable
      if (denyList.some((range) => inRange(address, range))) return verdicts.denied
      if (allowList === undefined || allowList.some((range) => inRange(address, range))) return allowed
      return verdicts.notAllowed
    },
  })
}
