import { plainText } from '@phi/core'
import * as z from 'zod'
import { type AttributePath, isAttributePath, nameSchema } from '../expression/expression.ts'
import { attributeOfPath } from '../policy/parse.ts'
import type { PolicyJson, ResourceType } from '../policy/policy.ts'
import { directiveError } from './errors.ts'
import { parseFrozen } from './fields.ts'

/**
 * Where a policy says what directives speak about. Each part is needed only by directives that use it; one that needs a part which is
 * missing is refused with PHI_RBAC_DIRECTIVE_MAPPING, never weakened.
 */
export interface DirectiveMapping {
  /** Types that hold nothing about patients: rooms, price lists. Every other type must name its `patient`. */
  readonly notAboutPatients?: readonly string[] | undefined
  /** The attribute with a record's labels: a set of texts. For restrictions by label. */
  readonly labels?: string | undefined
  /** The attribute with a record's id: text. For restrictions of single records. */
  readonly id?: string | undefined
  /** The attribute that names the service or item a record belongs to: text. For restrictions by item. */
  readonly item?: string | undefined
  /**
   * The attribute that says when a record was created or received, as an instant, or as a number: milliseconds since 1970. For agreements
   * that were ended by notice.
   */
  readonly created?: string | undefined
  /** Actions by which information leaves: `disclose`, `submit`. For restrictions by recipient, and for self-pay. */
  readonly disclosing?: readonly string[] | undefined
  /** The kind of the recipient: a text of the request, such as `context.recipientKind`. */
  readonly recipientKind?: string | undefined
  /** The id of the recipient: a text of the request. */
  readonly recipient?: string | undefined
  /** The kinds that are health plans, or act for one. For self-pay. */
  readonly healthPlans?: readonly string[] | undefined
  /**
   * True where the law requires the disclosure: a boolean of the request. Restrictions then stand aside (45 CFR 164.522(a)(1)(v), (vi)(A)).
   * Without it they never do.
   */
  readonly requiredByLaw?: string | undefined
}

const names = z.array(nameSchema).max(500).readonly().optional()
const path = z
  .string()
  .refine((each) => isAttributePath(each) && each.startsWith('context.'), 'must be the path of an attribute of the context')

const mappingSchema = z
  .strictObject({
    notAboutPatients: names,
    labels: nameSchema.optional(),
    id: nameSchema.optional(),
    item: nameSchema.optional(),
    created: nameSchema.optional(),
    disclosing: names,
    recipientKind: path.optional(),
    recipient: path.optional(),
    healthPlans: z.array(plainText(256)).min(1).max(200).readonly().optional(),
    requiredByLaw: path.optional(),
  })
  .readonly()

export const refuseMapping = (at: string, detail: string): never => {
  throw directiveError('PHI_RBAC_DIRECTIVE_MAPPING', { path: at, detail })
}

/** Reads a mapping, and checks what can be checked before any directive is looked at. @throws PhiError PHI_RBAC_DIRECTIVE_MAPPING */
export function parseMapping(value: unknown, policy: PolicyJson): DirectiveMapping {
  const mapping = parseFrozen(mappingSchema, value, 'mapping', (context) =>
    directiveError('PHI_RBAC_DIRECTIVE_MAPPING', context),
  )
  for (const type of mapping.notAboutPatients ?? []) {
    const declared = Object.hasOwn(policy.resources, type) ? policy.resources[type] : undefined
    if (declared === undefined) refuseMapping('mapping.notAboutPatients', 'names a type that is not declared')
    if (declared?.patient !== undefined) refuseMapping('mapping.notAboutPatients', 'names a type whose records have a patient')
  }
  for (const action of mapping.disclosing ?? []) {
    if (!policy.actions.includes(action)) refuseMapping('mapping.disclosing', 'names an action that is not declared')
  }
  const [any] = Object.values(policy.resources) as readonly ResourceType[]
  const check = (at: 'recipientKind' | 'recipient' | 'requiredByLaw', type: 'string' | 'boolean') => {
    const name = mapping[at] as AttributePath | undefined
    if (name === undefined || any === undefined) return
    if (attributeOfPath(policy, any, name)?.type !== type) {
      refuseMapping(`mapping.${at}`, type === 'string' ? 'must be a declared text' : 'must be declared as true or false')
    }
  }
  check('recipientKind', 'string')
  check('recipient', 'string')
  check('requiredByLaw', 'boolean')
  return mapping
}
