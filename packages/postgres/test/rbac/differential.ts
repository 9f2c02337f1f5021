/** One policy, asked in memory, in queries and through row-level security, over the same rows. */
import { compile, type Evidence, fulfil, type Request } from '@phi/rbac'
import { columnsCheck, rlsSettings, toRowLevelSecurity, toSql } from '@phi/rbac/sql'
import { expect } from 'vitest'
import { cases, NOW } from '../../../rbac/test/random-policy.ts'
import type { Queryable } from '../../src/index.ts'
import { drawing, fill, loaded, randomMapping, type StoredRecord } from './tables.ts'

export interface Engine extends Queryable {
  /** Several statements in one text, all or nothing. */
  exec(sql: string): Promise<unknown>
}

export interface Size {
  readonly seed: number
  readonly policies: number
  readonly requests: number
  readonly rows: number
}

const clock = () => NOW
const evidence: Evidence = {
  authentication: { authTime: NOW / 1_000 },
  now: NOW,
  redacted: true,
  refrain: ['NOREUSE'],
}

type Asked = Request & { readonly action: string }
const about = (request: Request, action: string, type: string, record: object) =>
  ({ ...request, action, resource: { type, record } }) as Asked

const numbers = (rows: readonly { row_number: number }[]) => rows.map((row) => row.row_number).sort((a, b) => a - b)
const rowsOf = (records: readonly StoredRecord[], holds: (record: object) => boolean) =>
  records.filter(({ record }) => holds(record)).map(({ row }) => row)

/** How much a run saw, so that a run that saw nothing does not pass for one that found nothing. */
export interface Seen {
  policies: number
  questions: number
  /** Questions that some rows answer and some do not. */
  divided: number
}

/** @throws what `expect` throws at the first difference */
export async function queriesAgree(db: Engine, size: Size): Promise<Seen> {
  const seen = { policies: 0, questions: 0, divided: 0 }
  for (const { policy, requests } of cases({ ...size, words: { throwing: true } })) {
    const draw = drawing(size.seed * 100_003 + seen.policies++)
    const rules = compile(policy, { clock })
    for (const type of Object.keys(policy.resources)) {
      const mapping = randomMapping(policy, type, `records of ${type}`, draw)
      await fill(db, mapping, size.rows, draw)
      const check = columnsCheck(mapping)
      expect((await db.query(check.text, [...check.values])).rows).toEqual([])
      const records = await loaded(db, mapping)
      for (const request of requests.filter(({ resource }) => resource.type === type)) {
        const { resource: _, ...rest } = request
        for (const proof of [undefined, evidence]) {
          const more = proof === undefined ? {} : { evidence: proof }
          const condition = toSql(rules, { ...rest, type }, mapping, { clock, startAt: 2, ...more })
          const { rows } = await db.query<{ row_number: number }>(
            `select row_number from "${mapping.table}" where $1::int = 1 and ${condition.text}`,
            [1, ...condition.values],
          )
          const expected = rowsOf(records, (record) => {
            const asked = about(request, request.action, type, record)
            return proof === undefined ? rules.can(asked) : fulfil(rules.decide(asked), proof).outcome === 'allow'
          })
          expect({ rows: numbers(rows), condition }).toEqual({ rows: expected, condition })
          seen.questions++
          if (expected.length > 0 && expected.length < records.length) seen.divided++
        }
      }
      await db.query(`drop table "${mapping.table}"`)
    }
  }
  return seen
}

/** As `queriesAgree`, through row-level security and as `role`, for reading and for changing. */
export async function securityAgrees(db: Engine, role: string, size: Size): Promise<Seen> {
  const seen = { policies: 0, questions: 0, divided: 0 }
  for (const { policy, requests } of cases({ ...size, words: { throwing: true } })) {
    const draw = drawing(size.seed * 100_003 + seen.policies++)
    const rules = compile(policy, { clock })
    for (const type of Object.keys(policy.resources)) {
      const mapping = randomMapping(policy, type, `records of ${type}`, draw)
      await fill(db, mapping, size.rows, draw)
      const records = await loaded(db, mapping)
      const { statements } = toRowLevelSecurity(policy, mapping, {
        type,
        actions: { select: 'read', update: 'update' },
        role,
        columns: 'application',
        obligations: 'application',
      })
      await db.exec(statements.join(';\n'))
      await db.exec(`grant select, update on "${mapping.table}" to "${role}"`)
      for (const request of requests.filter(({ resource }) => resource.type === type)) {
        const settings = rlsSettings(rules, request, { clock })
        await db.exec(`begin; set local role "${role}"`)
        await db.query(settings.text, [...settings.values])
        const read = await db.query<{ row_number: number }>(`select row_number from "${mapping.table}"`)
        const changed = await db.query<{ row_number: number }>(
          `update "${mapping.table}" set row_number = row_number where row_number >= 0 returning row_number`,
        )
        await db.exec('rollback')
        const may = (action: string) => rowsOf(records, (record) => rules.can(about(request, action, type, record)))
        const [readable, changeable] = [may('read'), may('update')]
        expect({ rows: numbers(read.rows), statements }).toEqual({ rows: readable, statements })
        // What a condition reads or an answer returns has to be readable as well.
        expect(numbers(changed.rows)).toEqual(changeable.filter((row) => readable.includes(row)))
        seen.questions++
        if (readable.length > 0 && readable.length < records.length) seen.divided++
      }
      await db.query(`drop table "${mapping.table}"`)
    }
  }
  return seen
}
