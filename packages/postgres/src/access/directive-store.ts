import { type CanonicalValue, canonicalJson, errorsOf } from '@phi/core'
import { continues, type Directive, type DirectiveStore, directiveErrors, parseDirective } from '@phi/rbac/directives'
import type { Db, Queryable } from '../client/db.ts'
import { inTenant } from '../store/in-tenant.ts'
import { optimistic } from '../store/optimistic.ts'
import { racedError } from '../store/store-error.ts'

const directiveError = errorsOf(directiveErrors)

interface VersionRow {
  readonly id: string
  readonly version: number
  readonly place: number
  readonly document: string
}

const LATEST = `select id, version, place, document from phi.directive_version
  where tenant = $1 and id = $2 order by version desc limit 1`
const NEXT_PLACE = `select coalesce(max(place), 0) + 1 as place from phi.directive_version
  where tenant = $1 and patient = $2 and version = 1`
const INSERT = `insert into phi.directive_version (tenant, id, version, patient, place, document) values ($1, $2, $3, $4, $5, $6)`
const OF = `select distinct on (id) id, version, place, document from phi.directive_version
  where tenant = $1 and patient = $2 order by id, version desc`

const unavailable = (context: object) => directiveError('PHI_RBAC_DIRECTIVE_STORE_UNAVAILABLE', context)

const toCaller = (error: unknown) => racedError(error, unavailable)

function directiveOf(row: VersionRow, tenant: string): Directive {
  let directive: Directive
  try {
    directive = parseDirective(JSON.parse(row.document))
  } catch {
    throw directiveError('PHI_RBAC_DIRECTIVE_STORE', { detail: 'what is stored is no directive' })
  }
  if (directive.tenant !== tenant || directive.id !== row.id) {
    throw directiveError('PHI_RBAC_DIRECTIVE_STORE', { detail: 'what is stored is another directive' })
  }
  return directive
}

async function appendOnce(tx: Queryable, directive: Directive, document: string): Promise<void> {
  const { tenant, id, patient } = directive
  const { rows } = await tx.query<VersionRow>(LATEST, [tenant, id])
  const [latest] = rows
  if (latest === undefined) {
    const places = await tx.query<{ place: number }>(NEXT_PLACE, [tenant, patient])
    await tx.query(INSERT, [tenant, id, 1, patient, places.rows[0]?.place ?? 1, document])
    return
  }
  if (!continues(directive, directiveOf(latest, tenant))) {
    throw directiveError('PHI_RBAC_DIRECTIVE_STORE', { detail: 'it is no continuation of the version that is kept' })
  }
  await tx.query(INSERT, [tenant, id, latest.version + 1, patient, latest.place, document])
}

/**
 * Keeps the directives of patients in PostgreSQL or PGlite, in the schema that `migrate` makes: one row for each version, and none is
 * changed. The login needs `phi_app`.
 *
 * Of several that continue one version at the same time, one is kept, and the others are refused with PHI_RBAC_DIRECTIVE_STORE. After
 * PHI_RBAC_DIRECTIVE_STORE_UNAVAILABLE an append may have been kept: `of` tells, and a second append of the same version is refused.
 * @throws PhiError PHI_RBAC_DIRECTIVE, PHI_RBAC_DIRECTIVE_STORE, PHI_RBAC_DIRECTIVE_STORE_UNAVAILABLE, PHI_PG_FORBIDDEN,
 * PHI_PG_NOT_MIGRATED, PHI_PG_QUERY
 */
export function directiveStore(db: Db): DirectiveStore {
  return {
    async append(value) {
      const directive = parseDirective(value)
      const document = canonicalJson(directive as CanonicalValue)
      try {
        await optimistic(() => inTenant(db, 'phi_app', directive.tenant, (tx) => appendOnce(tx, directive, document)))
      } catch (error) {
        throw toCaller(error)
      }
    },
    async of(tenant, patient) {
      try {
        const { rows } = await inTenant(db, 'phi_app', tenant, (tx) => tx.query<VersionRow>(OF, [tenant, patient]))
        return rows
          .toSorted((a, b) => a.place - b.place)
          .map((row) => {
            const directive = directiveOf(row, tenant)
            if (directive.patient === patient) return directive
            throw directiveError('PHI_RBAC_DIRECTIVE_STORE', { detail: 'what is stored is another patient’s directive' })
          })
      } catch (error) {
        throw toCaller(error)
      }
    },
  }
}
