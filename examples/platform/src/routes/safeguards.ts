import {
  cadences,
  compliancePackage,
  type Device,
  deviceFindings,
  isDocument,
  mayAccessProduction,
  type PackageDocument,
  type RegisterEntryInput,
  type RiskAnalysisInput,
  register,
  registerFindings,
  responsibilityMatrix,
  riskAnalysis,
  riskFindings,
  type Wanted,
  type WorkforceMember,
} from '@phi/baa/safeguards'
import { formatInstant, sha256, toHex } from '@phi/core'
import { recurringDuty } from '@phi/deadlines/recurring'
import { problem } from '@phi/http'
import { z } from 'zod'
import type { RouteModule } from '../parts.ts'
import type { PlatformProfile } from '../profile.ts'
import { routesOf } from './routes-of.ts'

/** The tenant in which the platform keeps what is its own: its register, its people, its documents. */
export const HOUSE = 'platform'

/** The desk of the platform's officers, and the place where it puts files. */
export interface SafeguardDesk {
  readonly routes: RouteModule
  /** Stands in for object storage: names, and bytes as they lie there. */
  readonly objects: Map<string, Uint8Array>
}

const dayOf = (at: number): string => formatInstant(at).slice(0, 10)
const word = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)

/** What the configuration promises of safeguards, for `registerFindings`. */
export const wantedOf = ({ safeguards }: PlatformProfile, by: 'platform' | 'customer'): Wanted =>
  Object.fromEntries(
    safeguards
      .filter((each) => each.by === by)
      .map(({ control, parameter }) => [control, parameter === undefined ? {} : { parameter }]),
  ) as Wanted

type Checked = (record: never, at: string) => unknown
/** What officers keep, each read by the library before it is written. */
const kept = {
  entries: (record: RegisterEntryInput) => register([record]),
  members: (record: WorkforceMember, at: string) => mayAccessProduction(record, at),
  devices: (record: Device, at: string) => deviceFindings([record], [], at),
  analyses: (record: RiskAnalysisInput) => riskAnalysis(record),
} as const satisfies Readonly<Record<string, Checked>>
type Kept = keyof typeof kept

/** Safeguards as records that people keep, with what is open asked of the library: never a flag that says "compliant". */
export function safeguardDesk(): SafeguardDesk {
  const objects = new Map<string, Uint8Array>()
  const routes: RouteModule = (app, parts) => {
    const { profile, records, within, keyring } = parts
    const route = routesOf(app, parts)
    const purpose = 'HSYSADMIN'
    const place = ({ caller }: { readonly caller: { readonly tenant: string } }) => ({ id: 'register', tenant: caller.tenant })
    const all = async <Value>(tenant: string, kind: Kept | 'documents'): Promise<readonly Value[]> =>
      (await within(tenant, (tx) => records.list(tx, tenant, `Safeguard.${kind}`))).map((each) => each.record as Value)

    const body = z.looseObject({})
    for (const [kind, check] of Object.entries(kept) as [Kept, Checked][]) {
      route.put<z.output<typeof body>>(`/safeguards/${kind}/:id`, {
        ...{ action: 'update', on: 'Safeguard', purpose, body, fields: () => [], load: place, writes: true },
        handle: async ({ caller, params, body: sent, at }, { tx }) => {
          const id = word.safeParse(params.id)
          if (!id.success) throw problem(422, 'id-not-valid')
          const record = { ...sent, id: id.data }
          try {
            check(record as never, dayOf(at))
          } catch {
            // What the library says of it may repeat nothing of the record; the code is enough for a client.
            throw problem(422, 'not-a-record-of-this-kind')
          }
          await records.put(tx, `Safeguard.${kind}`, { id: id.data, tenant: caller.tenant, record })
          return { json: { kept: id.data } }
        },
      })
    }

    route.get('/safeguards/findings', {
      ...{ action: 'read', on: 'Safeguard', purpose, load: place },
      handle: async ({ caller, at }) => {
        const made = register(await all<RegisterEntryInput>(caller.tenant, 'entries'))
        const by = caller.tenant === HOUSE ? 'platform' : 'customer'
        const day = dayOf(at)
        const wanted = wantedOf(profile, by)
        const duties = cadences(made).map((duty) => recurringDuty(duty as never))
        return {
          json: {
            open: registerFindings(made, { at: day, wanted }).map(({ code, control, owner, due }) => ({
              code,
              control,
              owner,
              due,
            })),
            gaps: responsibilityMatrix(made, { provider: 'Platform', customer: 'Practice' }, { at: day, wanted }).gaps,
            entries: made.entries.map(({ id, control, responsible, owner, status, every }) => ({
              id,
              control,
              responsible,
              owner,
              status,
              every,
            })),
            duties: duties.map(({ id }) => id),
          },
        }
      },
    })
    route.get('/safeguards/production-access/:id', {
      ...{ action: 'read', on: 'Safeguard', purpose, load: place },
      handle: async ({ caller, params, at }) => {
        const member = (await all<WorkforceMember>(caller.tenant, 'members')).find(({ id }) => id === params.id)
        // Nobody knows the person: that is a no, and not an empty answer.
        if (member === undefined) return { json: { outcome: 'deny', reasons: ['not-on-record'] } }
        const { outcome, reasons, until } = mayAccessProduction(member, dayOf(at))
        return { json: { outcome, reasons: reasons.map(({ code }) => code), until } }
      },
    })
    route.get('/safeguards/devices', {
      ...{ action: 'read', on: 'Safeguard', purpose, load: place },
      handle: async ({ caller, at }) => {
        const devices = await all<Device>(caller.tenant, 'devices')
        const found = deviceFindings(devices, await all<WorkforceMember>(caller.tenant, 'members'), dayOf(at))
        return { json: { devices: devices.length, open: found.map(({ code, device }) => ({ code, device })) } }
      },
    })
    route.get('/safeguards/risks/:id', {
      ...{ action: 'read', on: 'Safeguard', purpose, load: place },
      handle: async ({ caller, params, at }) => {
        const found = (await all<RiskAnalysisInput>(caller.tenant, 'analyses')).find(({ id }) => id === params.id)
        if (found === undefined) throw problem(404, 'not-found')
        return {
          json: { open: riskFindings(found, dayOf(at)).map(({ code, risk, item, due }) => ({ code, risk, item, due })) },
        }
      },
    })

    // Documents for a customer's reviewers: kept as sealed files with their checksums, handed out by who may have them.
    const document = z.strictObject({
      ...{ id: word, kind: z.string(), title: z.string().min(1).max(300), attests: z.string().max(100).optional() },
      ...{ dated: z.iso.date(), validUntil: z.iso.date().optional(), level: z.enum(['public', 'customer', 'nda', 'internal']) },
      text: z.base64(),
    })
    route.post<z.output<typeof document>>('/safeguards/documents', {
      ...{ action: 'create', on: 'Safeguard', purpose, body: document, fields: () => [], load: place, writes: true },
      handle: async ({ caller, body: { text, ...said } }, { tx }) => {
        const bytes = Buffer.from(text, 'base64')
        const record = { ...said, sha256: toHex(sha256(bytes)) } as PackageDocument
        try {
          compliancePackage([record], { at: said.dated, audience: 'nda' })
        } catch {
          throw problem(422, 'not-a-document')
        }
        const files = (await keyring.tenant(caller.tenant)).files({ collection: 'document' })
        objects.set(`${caller.tenant}/${said.id}`, files.seal(bytes, { file: said.id }))
        await records.put(tx, 'Safeguard.documents', { id: said.id, tenant: caller.tenant, record })
        return { status: 201, json: { sha256: record.sha256 } }
      },
    })
    const audienceOf = async (tenant: string): Promise<'customer' | 'nda'> =>
      (await within(tenant, (tx) => records.find(tx, tenant, 'Nda', 'nda'))) === undefined ? 'customer' : 'nda'
    route.post('/safeguards/nda', {
      ...{ action: 'update', on: 'Safeguard', purpose, load: place, writes: true },
      handle: async ({ caller, at }, { tx }) => {
        await records.put(tx, 'Nda', { id: 'nda', tenant: caller.tenant, by: caller.subject, on: dayOf(at) })
        return { json: { audience: 'nda' } }
      },
    })
    const packageFor = async (tenant: string, at: number) =>
      compliancePackage(await all<PackageDocument>(HOUSE, 'documents'), { at: dayOf(at), audience: await audienceOf(tenant) })
    route.get('/compliance-package', {
      ...{ action: 'read', on: 'Safeguard', purpose, load: place },
      handle: async ({ caller, at }) => ({ json: await packageFor(caller.tenant, at) }),
    })
    route.get('/compliance-package/:id', {
      ...{ action: 'read', auditAs: 'download', on: 'Safeguard', purpose, load: place },
      handle: async ({ caller, params, at }) => {
        const found = (await packageFor(caller.tenant, at)).documents.find(({ id }) => id === params.id)
        const sealed = found === undefined ? undefined : objects.get(`${HOUSE}/${found.id}`)
        if (found === undefined || sealed === undefined) throw problem(404, 'not-found')
        const bytes = await opened((await keyring.tenant(HOUSE)).files({ collection: 'document' }), sealed, found.id)
        // Sealed files do not open when they were changed. The checksum also tells a file that was put in its place.
        if (bytes === undefined || !isDocument(found, bytes)) throw problem(409, 'document-altered')
        return {
          download: {
            body: once(bytes),
            type: 'application/octet-stream',
            filename: `${found.id}.pdf`,
            length: bytes.length,
          },
        }
      },
    })
  }
  return { routes, objects }
}

async function opened(
  files: { open(sealed: Uint8Array, file: { readonly file: string }): Uint8Array },
  sealed: Uint8Array,
  file: string,
): Promise<Uint8Array | undefined> {
  try {
    return files.open(sealed, { file })
  } catch {
    return undefined
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}
