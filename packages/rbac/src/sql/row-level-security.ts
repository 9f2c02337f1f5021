import { parseAs } from '@phi/core'
import * as z from 'zod'
import type { Bucket } from '../decision/bucket.ts'
import { compile } from '../decision/rules.ts'
import { rbacError } from '../errors.ts'
import type { AttributePath } from '../expression/expression.ts'
import type { PolicyJson } from '../policy/policy.ts'
import { equal, type Forms } from './compare.ts'
import { and, type Condition, isStorable, literal, quoted, render, type Sql, test } from './condition.ts'
import { atomForms, treeForms } from './forms.ts'
import { checkText, expectedColumns, parseMapping, quotedName, type TableMapping, tableName } from './mapping.ts'
import type { Operand } from './operand.ts'
import { checkColumns, recordColumns } from './record-world.ts'
import { fieldForbids, firing, freePermits, passing, recordForbids, shownFreely, type Translated } from './rows.ts'
import { dollarQuoted, settingsFunctions } from './settings-functions.ts'
import { call, settingOperand, settingsWorld } from './settings-world.ts'
import { bucketFor } from './to-sql.ts'

type Command = 'select' | 'insert' | 'update' | 'delete'
const commands = ['select', 'insert', 'update', 'delete'] as const satisfies readonly Command[]

export interface RowLevelSecurityOptions {
  /** The type of the records in the table. */
  readonly type: string
  /**
   * The action that each command is. A command without one is denied to the role. PostgreSQL asks for `select` as well where an
   * UPDATE or DELETE reads columns, which those with a WHERE do.
   */
  readonly actions: { readonly [Name in Command]?: string | undefined }
  /** The role that the application works as: not the table's owner, and without BYPASSRLS. Other roles see nothing of the table. */
  readonly role: string
  /** The schema for the functions that read the settings. Default `phi_rbac`. */
  readonly schema?: string | undefined
  /**
   * Rows are all that row-level security knows. Where a permit shows a view only, or a forbid hides fields, the application has to
   * narrow what it read (`view`), and says here that it does. Rows of which no field would remain are left out all the same.
   */
  readonly columns?: 'application' | undefined
  /**
   * Obligations are discharged in the application. A permit or override that leaves one behind opens no row here; what it would open
   * is reached in another way, for example with another role and `toSql` with evidence.
   */
  readonly obligations?: 'application' | undefined
}

export interface RowLevelSecurity {
  /** To be run in this order and in one transaction, by the owner of the table; again after every change of the policy. */
  readonly statements: readonly string[]
  /** What these statements leave to the application. */
  readonly application: {
    /** Actions of the policy that speak about the type and are no command of the table. */
    readonly actions: readonly string[]
    readonly columns: boolean
    readonly obligations: boolean
  }
}

const name = z.string().refine((each) => each !== '' && isStorable(each) && new TextEncoder().encode(each).length <= 63, {
  error: 'must be a name of 1 to 63 bytes',
})
const action = z.string().optional()
const optionsSchema = z.strictObject({
  type: z.string(),
  actions: z.strictObject({ select: action, insert: action, update: action, delete: action }),
  role: name,
  schema: name.optional(),
  columns: z.literal('application').optional(),
  obligations: z.literal('application').optional(),
})

/**
 * The statements that make PostgreSQL itself keep the policy for a table: the tenant wall and forbids as RESTRICTIVE policies, permits
 * as PERMISSIVE ones, forced on the table's owner as well (45 CFR 164.312(a)(1): access by persons who have been granted it). Who asks
 * is told by settings of the transaction, see `rlsSettings`; without them nothing is visible and nothing can be written.
 *
 * The statements refuse to go on when the mapping does not fit the table, or when the table has other permissive policies for the role.
 * @throws PhiError PHI_RBAC_QUERY for options or a mapping that do not fit the policy; PHI_RBAC_UNTRANSLATABLE for views, forbids of
 *   fields and obligations that the options do not leave to the application, and for attributes without a fitting column;
 *   PHI_RBAC_POLICY
 */
export function toRowLevelSecurity(
  policy: PolicyJson,
  mapping: TableMapping,
  options: RowLevelSecurityOptions,
): RowLevelSecurity {
  const rules = compile(policy)
  const parsed = parseAs(optionsSchema, options, 'options', (context) => rbacError('PHI_RBAC_QUERY', context))
  const { table, columns } = parseMapping(mapping)
  if (table === undefined) throw rbacError('PHI_RBAC_QUERY', { path: 'mapping.table', detail: 'is needed here' })
  const schema = quotedName(parsed.schema ?? 'phi_rbac')
  const target: Target = { table: tableName(table), role: quotedName(parsed.role) }
  // Policies name columns alone: they belong to one table.
  const column = recordColumns(rules.policy, typeOf(rules.policy, parsed.type), { columns })
  const created: string[] = []
  let tenant: Operand | undefined
  for (const command of commands) {
    const asked = parsed.actions[command]
    if (asked === undefined) continue
    const bucket = bucketFor(rules, parsed.type, asked)
    if (bucket === undefined)
      throw rbacError('PHI_RBAC_QUERY', { path: `options.actions.${command}`, detail: 'names no action' })
    checkSayable(bucket, parsed)
    checkColumns(bucket, column)
    tenant = column(`resource.${bucket.type.tenant}`)
    created.push(...commandPolicies(command, target, translated(rules.policy, bucket, schema, column)))
  }
  if (tenant === undefined) throw rbacError('PHI_RBAC_QUERY', { path: 'options.actions', detail: 'maps no command' })
  const statements = [
    `CREATE SCHEMA IF NOT EXISTS ${schema}`,
    ...settingsFunctions(schema),
    `GRANT USAGE ON SCHEMA ${schema} TO ${target.role}`,
    `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${schema} TO ${target.role}`,
    columnsMustFit(target, expectedColumns({ columns })),
    othersMustNotOpen(target, parsed.role),
    dropOurs(target),
    `ALTER TABLE ${target.table} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${target.table} FORCE ROW LEVEL SECURITY`,
    policyStatement('phi:tenant', target, 'RESTRICTIVE', 'all', wall(schema, tenant)),
    ...created,
  ]
  const used = new Set(Object.values(parsed.actions))
  const spoken = new Set(rules.policy.rules.flatMap((rule) => (rule.resources.includes(parsed.type) ? rule.actions : [])))
  return {
    statements,
    application: {
      actions: rules.policy.actions.filter((each) => spoken.has(each) && !used.has(each)),
      columns: parsed.columns !== undefined,
      obligations: parsed.obligations !== undefined,
    },
  }
}

interface Target {
  readonly table: string
  readonly role: string
}

function typeOf(policy: PolicyJson, type: string) {
  const found = Object.hasOwn(policy.resources, type) ? policy.resources[type] : undefined
  if (found === undefined) throw rbacError('PHI_RBAC_QUERY', { path: 'options.type', detail: 'names no type of the policy' })
  return found
}

/** @throws PhiError PHI_RBAC_UNTRANSLATABLE */
function checkSayable(bucket: Bucket, { columns, obligations }: RowLevelSecurityOptions): void {
  const refuse = (rule: string, detail: string): never => {
    throw rbacError('PHI_RBAC_UNTRANSLATABLE', { path: 'policy.rules.*', detail, info: { rule } })
  }
  for (const { rule } of columns === undefined ? [...bucket.permits, ...bucket.forbids] : []) {
    if (rule.effect === 'permit' && rule.view !== undefined) refuse(rule.id, 'shows a view: row-level security knows rows only')
    if (rule.effect === 'forbid' && rule.fields !== undefined)
      refuse(rule.id, 'hides fields: row-level security knows rows only')
  }
  if (obligations !== undefined) return
  for (const { rule } of bucket.permits) {
    if ((rule.obligations ?? []).length > 0) refuse(rule.id, 'leaves obligations, which PostgreSQL cannot discharge')
  }
  for (const { rule, overrides } of bucket.forbids) {
    if (overrides.some((each) => each.obligations.length > 0)) {
      refuse(rule.id, 'has an override that leaves obligations, which PostgreSQL cannot discharge')
    }
  }
}

/** The record's tenant is the actor's, and there is an actor. */
function wall(schema: string, tenant: Operand): Condition {
  return and(equal(tenant, settingOperand(schema, 'phi.tenant')).holds, settingOperand(schema, 'phi.actor').known)
}

function translated(policy: PolicyJson, bucket: Bucket, schema: string, column: (path: AttributePath) => Operand): Translated {
  const world = settingsWorld(policy, bucket, schema, column)
  const atoms = new Map<number, Forms>()
  const atom = (index: number): Forms => {
    const forms = atoms.get(index) ?? atomForms(bucket.atoms[index] as Bucket['atoms'][number], world)
    atoms.set(index, forms)
    return forms
  }
  return {
    bucket,
    forms: ({ tree }) => treeForms(tree, atom),
    held: ({ holders }) => {
      const list: Sql = [{ value: [...holders].sort(), type: 'text[]' }]
      return test`${call(schema, 'roles')} && ${list}`
    },
    discharged: () => false,
  }
}

/** One policy a rule, so that the catalogue of the database reads like the policy. */
function commandPolicies(command: Command, target: Target, by: Translated): string[] {
  const statement = (kind: 'PERMISSIVE' | 'RESTRICTIVE', number: number, id: string, condition: Condition) => {
    const label = kind === 'PERMISSIVE' ? 'permit' : 'forbid'
    return policyStatement(`phi:${command}:${label}:${number}:${id}`, target, kind, command, condition)
  }
  const { permits, forbids } = by.bucket
  const out = freePermits(by.bucket).map((permit) =>
    statement('PERMISSIVE', permits.indexOf(permit), permit.rule.id, firing(by, permit)),
  )
  for (const forbid of recordForbids(by.bucket)) {
    out.push(statement('RESTRICTIVE', forbids.indexOf(forbid), forbid.rule.id, passing(by, forbid)))
  }
  if (fieldForbids(by.bucket).length > 0) {
    out.push(policyStatement(`phi:${command}:fields`, target, 'RESTRICTIVE', command, shownFreely(by)))
  }
  return out
}

function policyStatement(
  label: string,
  { table, role }: Target,
  kind: 'PERMISSIVE' | 'RESTRICTIVE',
  command: Command | 'all',
  condition: Condition,
): string {
  const text = render(condition, literal)
  // Labels are ASCII; PostgreSQL would cut them here as well, and say so.
  const named = quotedName(label.slice(0, 63))
  const using = command === 'insert' ? '' : ` USING (${text})`
  const check = command === 'select' || command === 'delete' ? '' : ` WITH CHECK (${text})`
  return `CREATE POLICY ${named} ON ${table} AS ${kind} FOR ${command.toUpperCase()} TO ${role}${using}${check}`
}

function columnsMustFit({ table }: Target, columns: string): string {
  return `DO ${dollarQuoted(`DECLARE problems text; BEGIN
  SELECT string_agg(attribute || ': ' || problem, '; ') INTO problems FROM (${checkText(quoted(table), quoted(columns))}) AS c;
  IF problems IS NOT NULL THEN RAISE EXCEPTION 'The mapping does not fit the table: %', problems; END IF;
END`)}`
}

function othersMustNotOpen({ table }: Target, role: string): string {
  return `DO ${dollarQuoted(`BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = pg_catalog.to_regclass(${quoted(table)}) AND p.polpermissive
    AND p.polname NOT LIKE 'phi:%' AND (0 = ANY (p.polroles)
      OR EXISTS (SELECT FROM unnest(p.polroles) AS r WHERE r <> 0 AND pg_catalog.pg_has_role(${quoted(role)}, r, 'MEMBER')))
  ) THEN RAISE EXCEPTION 'The table has other permissive policies for the role, which would open rows: drop them first'; END IF;
END`)}`
}

/** Also those of an earlier version of the policy, which would otherwise go on permitting. */
function dropOurs({ table }: Target): string {
  return `DO ${dollarQuoted(`DECLARE found text; BEGIN
  FOR found IN SELECT polname FROM pg_catalog.pg_policy
    WHERE polrelid = pg_catalog.to_regclass(${quoted(table)}) AND polname LIKE 'phi:%' LOOP
    EXECUTE format('DROP POLICY %I ON %s', found, ${quoted(table)});
  END LOOP;
END`)}`
}
