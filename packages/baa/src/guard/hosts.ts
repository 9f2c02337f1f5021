import { isService, parseAs, type Service } from '@phi/core'
import * as z from 'zod'
import type { Where } from '../agreement/agreement.ts'
import { freeze } from '../freeze.ts'
import type { Registry } from '../registry/registry.ts'
import { whereSchema } from '../registry/subprocessor.ts'
import { guardError } from './errors.ts'

/** Who stands behind a host, and what they do there. */
export interface GuardedHost {
  /** The id of a party of the registry. */
  readonly party: string
  /** What the party does with what comes here. Of several, each tag names one. */
  readonly service: Service | readonly Service[]
  /** The product, region, account and so on, where the agreement limits its scope by them. */
  readonly where?: Where | undefined
}

export interface CompiledHost {
  /** As it is written in the options: `api.vendor.example`, `*.vendor.example:8443`. */
  readonly key: string
  readonly party: string
  /** The name of the party, or its id where none is known. */
  readonly recipient: string
  readonly services: readonly Service[]
  readonly where: Where | undefined
}

const service = z.custom<Service>(isService, 'must be a service of the taxonomy')
const hostSchema = z.strictObject({
  party: z.string().max(64),
  service: z.union([service.transform((each) => [each]), z.array(service).min(1).max(50)]),
  where: whereSchema.optional(),
})

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const KEY = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*(?::[0-9]{1,5})?$`)
const LOOPBACK = /^(?:localhost|[a-z0-9.-]+\.localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/

/** Whether a host, as a URL has it, is this machine. */
export const isLoopback = (hostname: string): boolean => LOOPBACK.test(hostname)

const refuse = (detail: string) => guardError('PHI_BAA_GUARD', { path: 'options.hosts.*', detail })

/** @throws PhiError PHI_BAA_GUARD */
function checkKey(key: string): void {
  const wildcard = key.startsWith('*.')
  const bare = wildcard ? key.slice(2) : key
  let url: URL
  try {
    url = new URL(`https://${bare}`)
  } catch {
    throw refuse('must be a host, with or without a port')
  }
  if (isLoopback(url.hostname) && !wildcard && url.host === key) return
  if (!KEY.test(key) || key.length > 253) {
    throw refuse('must be a host in lower case, `*.` and a host, with or without a port: no scheme, path or trailing dot')
  }
  // The reader of URLs takes 0x7f.1 for an address.
  if (/^\[|^[0-9.]+$/.test(url.hostname)) throw refuse('must be a name: nobody signs with a number')
  if (url.host !== bare) throw refuse('must be written as a URL has it: without the port 443, and not as a number')
  if (wildcard && !url.hostname.includes('.')) throw refuse('must name at least a domain and its ending behind `*.`')
}

/** Whether a key stands for a host, both as `host` or `host:port`. */
function stands(key: string, host: string): boolean {
  return key.startsWith('*.') ? host.length > key.length - 1 && host.endsWith(key.slice(1)) : key === host
}

/** Whether two keys can stand for one host. */
function meet(a: string, b: string): boolean {
  const bare = (key: string) => (key.startsWith('*.') ? key.slice(1) : key)
  if (!a.startsWith('*.') && !b.startsWith('*.')) return a === b
  return stands(a, bare(b)) || stands(b, bare(a)) || a === b
}

/**
 * The hosts of the options, ready to be asked for. Of keys that stand for one host, the longest counts.
 * @throws PhiError PHI_BAA_GUARD for a key that is no host, a party that the registry does not have, and two parties behind one host
 */
export function compileHosts(hosts: unknown, model: Registry): (host: string) => CompiledHost | undefined {
  if (typeof hosts !== 'object' || hosts === null || Array.isArray(hosts)) {
    throw guardError('PHI_BAA_GUARD', { path: 'options.hosts', detail: 'must be an object of hosts' })
  }
  const all = Object.entries(hosts).map(([key, value]): CompiledHost => {
    checkKey(key)
    const read = parseAs(hostSchema, value, 'options.hosts.*', (context) => guardError('PHI_BAA_GUARD', context))
    const party = model.parties.get(read.party)
    if (party === undefined) throw refuse('names a party that is not in the registry')
    return freeze({
      key,
      party: read.party,
      recipient: party.name ?? read.party,
      services: read.service,
      where: read.where,
    })
  })
  for (const [index, a] of all.entries()) {
    const other = all.slice(0, index).find((b) => b.party !== a.party && meet(a.key, b.key))
    if (other !== undefined) throw refuse('stands for two parties: name every host of the two')
  }
  const exact = new Map(all.filter(({ key }) => !key.startsWith('*.')).map((each) => [each.key, each]))
  const wide = all.filter(({ key }) => key.startsWith('*.')).sort((a, b) => b.key.length - a.key.length)
  return (host) => exact.get(host) ?? wide.find(({ key }) => stands(key, host))
}

/**
 * Reads an address. What is sent goes to the address as it was read here, so that no other reader understands it differently.
 * @returns the URL, or a fixed phrase that says why it is none
 */
export function readAddress(input: unknown, loopbackHttp: boolean, base?: URL): URL | string {
  let url: URL
  try {
    if (typeof input !== 'string' && !(input instanceof URL))
      return 'must be a text or a URL; of a Request, pass the address and the rest apart'
    url = new URL(typeof input === 'string' ? input : input.href, base)
  } catch {
    return 'is no address'
  }
  const isPlain = url.protocol === 'http:' && loopbackHttp && isLoopback(url.hostname)
  if (url.protocol !== 'https:' && !isPlain) return 'is not https'
  if (url.username !== '' || url.password !== '') return 'holds a user or a password'
  url.hash = ''
  return url
}
