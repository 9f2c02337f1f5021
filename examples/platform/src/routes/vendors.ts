import { chain, lint, parseAgreement, type Registry, registry } from '@phi/baa'
import { formatInstant, isService, type Service } from '@phi/core'
import { problem } from '@phi/http'
import { z } from 'zod'
import type { Parts, RouteModule } from '../parts.ts'
import { routesOf } from './routes-of.ts'

type Tx = Parameters<Parameters<Parts['within']>[1]>[0]

/** What a practice wrote down of one contract, and of what it knows of the vendor's own vendors. */
const entry = z.strictObject({
  id: z.string().min(1).max(64),
  agreement: z.looseObject({}).optional(),
  /** A party without an agreement: a calendar that clients use. */
  party: z.strictObject({ id: z.string(), kind: z.string() }).optional(),
  /** To whom the vendor gives data on, in the words of `RegistryOptions.subprocessors`. */
  subprocessors: z.array(z.looseObject({})).default([]),
  /** The vendor said that there are no others. */
  complete: z.boolean().default(false),
})
type Entry = z.output<typeof entry>

const TYPE = 'Vendor'

function made(entries: readonly Entry[]): Registry {
  const agreements = entries.flatMap(({ agreement }) => (agreement === undefined ? [] : [parseAgreement(agreement)]))
  return registry(agreements, {
    parties: entries.flatMap(({ party }) => (party === undefined ? [] : [party])),
    subprocessors: entries.flatMap(({ subprocessors }) => subprocessors),
    complete: entries.flatMap(({ agreement, complete }) =>
      agreement !== undefined && complete ? [(agreement.to as { readonly id: string }).id] : [],
    ),
  } as never)
}

const read = (value: unknown): Entry => {
  const { entry: found } = value as { readonly entry: Entry }
  return found
}

/** The agreements of one practice with its vendors, as they stand in its records. */
export const vendorsOf = async (parts: Parts, tx: Tx, tenant: string, more: readonly Entry[] = []): Promise<Registry> => {
  const kept = (await parts.records.list(tx, tenant, TYPE)).map(read)
  return made([...kept.filter(({ id }) => !more.some((each) => each.id === id)), ...more])
}

/** Agreements with vendors further down (S9, S32, S37, S51, S64): entered, read against the law's elements, followed to the end. */
export const vendorRoutes: RouteModule = (app, parts) => {
  const { records, within } = parts
  const route = routesOf(app, parts)
  const about = ({ caller }: { readonly caller: { readonly tenant: string } }) => ({ id: 'vendors', tenant: caller.tenant })
  route.post<Entry>('/vendors', {
    ...{
      action: 'create',
      on: 'Agreement',
      purpose: 'HSYSADMIN',
      body: entry,
      writes: true,
      fields: () => [],
      load: about,
    },
    handle: async ({ caller, body }, { tx }) => {
      try {
        await vendorsOf(parts, tx, caller.tenant, [body])
      } catch {
        // What makes no registry, alone or beside the others, is not kept.
        throw problem(422, 'agreement-not-valid')
      }
      await records.put(tx, TYPE, { id: body.id, tenant: caller.tenant, entry: body })
      return { status: 201, json: { id: body.id } }
    },
  })
  route.get('/vendors/:id/lint', {
    ...{ action: 'read', on: 'Agreement', purpose: 'HSYSADMIN', load: about },
    handle: async ({ caller, params, at }) => {
      const found = await within(caller.tenant, (tx) => records.find(tx, caller.tenant, TYPE, params.id ?? ''))
      const agreement = found && read(found).agreement
      if (agreement === undefined) throw problem(404, 'agreement-not-there')
      return { json: lint(parseAgreement(agreement), { today: formatInstant(at).slice(0, 10) }) }
    },
  })
  const path = z.strictObject({ service: z.custom<Service>(isService), party: z.string().max(64) })
  route.post<z.output<typeof path>>('/vendors/chain', {
    ...{ action: 'read', on: 'Agreement', purpose: 'HSYSADMIN', body: path, fields: () => [], load: about },
    handle: async ({ caller, body, at }) => {
      const model = await within(caller.tenant, (tx) => vendorsOf(parts, tx, caller.tenant))
      return { json: chain(model, body.service, formatInstant(at), { party: body.party }) }
    },
  })
}
