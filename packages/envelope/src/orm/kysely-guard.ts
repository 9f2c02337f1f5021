import {
  type ColumnUpdateNode,
  type InsertQueryNode,
  type KyselyPlugin,
  type MergeQueryNode,
  type OperationNode,
  OperationNodeTransformer,
  type UpdateQueryNode,
} from 'kysely'
import { envelopeError } from '../errors.ts'
import { inspectSealed } from '../field/format.ts'

/** A table as the guard sees it: its name in the database interface, and the sealed columns. */
export interface GuardedTable {
  readonly name: string
  readonly columns: readonly string[]
}

const notSealed = (detail?: string) => envelopeError('PHI_ENVELOPE_NOT_SEALED', detail === undefined ? {} : { detail })

/** A node of Kysely's tree, looked at by its kind. */
type Node = OperationNode & Readonly<Record<string, unknown>>
const kindOf = (node: unknown): string | undefined => (node as OperationNode | undefined)?.kind

/** The tables that a `TableNode`, an alias of one, or a list of them names; undefined for anything else. */
function tableNames(node: OperationNode | undefined): readonly string[] | undefined {
  const at = node as Node | undefined
  switch (at?.kind) {
    case 'TableNode': {
      const { schema, identifier } = at.table as { schema?: { name: string }; identifier: { name: string } }
      return schema === undefined ? [identifier.name] : [`${schema.name}.${identifier.name}`, identifier.name]
    }
    case 'AliasNode':
      return tableNames(at.node as OperationNode)
    case 'ListNode': {
      const lists = (at.items as readonly OperationNode[]).map(tableNames)
      return lists.includes(undefined) ? undefined : lists.flatMap((list) => list ?? [])
    }
    default:
      return undefined
  }
}

/** The column that a `ColumnNode`, or a reference such as `note.body` or `excluded.body`, names. */
function columnName(node: OperationNode | undefined): string | undefined {
  const at = node as Node | undefined
  if (at?.kind === 'ReferenceNode') return columnName(at.column as OperationNode)
  return at?.kind === 'ColumnNode' ? (at.column as { name: string }).name : undefined
}

const isSealedOrNull = (value: unknown): boolean => value === null || value === undefined || inspectSealed(value) !== undefined

class Guard extends OperationNodeTransformer {
  readonly #tables: ReadonlyMap<string, ReadonlySet<string>>

  constructor(tables: ReadonlyMap<string, ReadonlySet<string>>) {
    super()
    this.#tables = tables
  }

  /** Inside a merge into a table without sealed columns, whose inserts and updates name no table of their own. */
  #harmless = false

  /** The sealed columns of whatever tables are written to. A target that cannot be read may be any of them. */
  #columnsOf(target: OperationNode | undefined): ReadonlySet<string> {
    if (target === undefined && this.#harmless) return new Set()
    const names = tableNames(target)
    if (names === undefined) return new Set([...this.#tables.values()].flatMap((columns) => [...columns]))
    return new Set(names.flatMap((name) => [...(this.#tables.get(name) ?? [])]))
  }

  #checkValue(node: unknown, column: string): void {
    if (kindOf(node) === 'ValueNode' && isSealedOrNull((node as { value: unknown }).value)) return
    if (kindOf(node) === 'DefaultInsertValueNode') return
    // `body = excluded.body`: what is sealed already, in the same column.
    if (kindOf(node) === 'ReferenceNode' && columnName(node as OperationNode) === column) return
    throw notSealed(kindOf(node) === 'ValueNode' ? undefined : 'an expression is written to a sealed column')
  }

  #checkUpdates(updates: readonly ColumnUpdateNode[] | undefined, sealed: ReadonlySet<string>): void {
    for (const { column, value } of updates ?? []) {
      const name = columnName(column)
      if (name === undefined) throw notSealed('the column that is written to cannot be told')
      if (sealed.has(name)) this.#checkValue(value, name)
    }
  }

  protected override transformInsertQuery(
    ...args: Parameters<OperationNodeTransformer['transformInsertQuery']>
  ): InsertQueryNode {
    const [node] = args
    const sealed = this.#columnsOf(node.into)
    if (sealed.size > 0) {
      const columns = node.columns?.map((column) => columnName(column))
      const concerned = columns === undefined || columns.some((name) => name === undefined || sealed.has(name))
      if (node.values !== undefined && concerned) this.#checkInserted(node.values, columns, sealed)
      this.#checkUpdates(node.onConflict?.updates, sealed)
      this.#checkUpdates(node.onDuplicateKey?.updates, sealed)
    }
    return super.transformInsertQuery(...args)
  }

  #checkInserted(
    values: OperationNode,
    columns: readonly (string | undefined)[] | undefined,
    sealed: ReadonlySet<string>,
  ): void {
    const rows = kindOf(values) === 'ValuesNode' ? (values as unknown as { values: readonly Node[] }).values : undefined
    if (rows === undefined || columns === undefined) throw notSealed('a query is inserted into sealed columns')
    for (const row of rows) {
      const primitive = kindOf(row) === 'PrimitiveValueListNode'
      for (const [i, value] of (row.values as readonly unknown[]).entries()) {
        const column = columns[i]
        if (column !== undefined && !sealed.has(column)) continue
        if (primitive ? !isSealedOrNull(value) : column === undefined) throw notSealed()
        if (!primitive) this.#checkValue(value, column as string)
      }
    }
  }

  protected override transformUpdateQuery(
    ...args: Parameters<OperationNodeTransformer['transformUpdateQuery']>
  ): UpdateQueryNode {
    const [node] = args
    this.#checkUpdates(node.updates, this.#columnsOf(node.table))
    return super.transformUpdateQuery(...args)
  }

  protected override transformMergeQuery(...args: Parameters<OperationNodeTransformer['transformMergeQuery']>): MergeQueryNode {
    const [node] = args
    if (this.#columnsOf(node.into).size > 0) throw notSealed('a merge into a table with sealed columns is not looked through')
    const before = this.#harmless
    this.#harmless = true
    try {
      return super.transformMergeQuery(...args)
    } finally {
      this.#harmless = before
    }
  }
}

/**
 * A Kysely plugin that lets nothing but sealed values be written to sealed columns by `insertInto` and `updateTable`: what the types
 * say, held also against casts and plain JavaScript. It comes before plugins that rename columns. SQL that is written by hand
 * (`sql\`…\``, as a whole query) passes it by.
 * @param tables what {@link sealedTables} declared
 * @returns a plugin whose queries throw PHI_ENVELOPE_NOT_SEALED before anything is sent
 */
export function sealedGuard(...tables: readonly [GuardedTable, ...GuardedTable[]]): KyselyPlugin {
  const guard = new Guard(new Map(tables.map(({ name, columns }) => [name, new Set(columns)])))
  return {
    transformQuery: ({ node, queryId }) => guard.transformNode(node, queryId),
    transformResult: async ({ result }) => result,
  }
}
