import type { CursorStore } from '@phi/audit/forward'
import { cursorStoreSuite, register } from '@phi/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { connect, cursorStore } from '../../src/index.ts'
import {
  embeddedGaps,
  embeddedUnderTest,
  loginWith,
  onServer,
  type ServerUnderTest,
  startServerUnderTest,
} from './under-test.ts'

const TABLES = ['forward_cursor', 'forward_dead_letter']
const key = { forwarder: 'siem', tenant: 'clinic', origin: 'clinic.example/audit' }
const hash = `${'A'.repeat(43)}=`

let under: ServerUnderTest
const pglite = embeddedUnderTest(TABLES)

beforeAll(async () => {
  under = await startServerUnderTest()
  await pglite.start()
}, 120_000)

afterAll(async () => {
  await under.stop()
  await pglite.close()
}, 60_000)

register(
  cursorStoreSuite({
    name: 'cursorStore on PostgreSQL',
    open: () => onServer<CursorStore>(under, TABLES, (db) => cursorStore(db)),
  }),
  { describe, it },
)

register(
  cursorStoreSuite({
    name: 'cursorStore on PGlite',
    supports: embeddedGaps,
    open: pglite.openAs<CursorStore>((db) => cursorStore(db)),
  }),
  { describe, it },
)

describe('cursorStore on PostgreSQL', () => {
  it('lets nobody but a forwarder move a cursor: the login of the service could hide entries with it', async () => {
    await cursorStore(await under.pool()).advance(key, undefined, { next: 4, hash, by: 'one' })
    for (const role of ['phi_app', 'phi_auditor'] as const) {
      const db = await connect(await loginWith(under, `reads_${role}`, [role]))
      const store = cursorStore(db, { role })
      const seen = await store.read(key)
      expect(seen).toEqual({ next: 4, hash, by: 'one' })
      const moving = await refusal(store.advance(key, seen, { next: 9, hash, by: 'two' }))
      expect(moving).toMatchObject({ code: 'PHI_PG_FORBIDDEN' })
      const letter = { index: 1, hash, code: 'X', attempts: 1, at: '2026-03-04T05:06:07.089Z' }
      expect(await refusal(store.putDeadLetter(key, letter))).toMatchObject({ code: 'PHI_PG_FORBIDDEN' })
      expect(await refusal(store.removeDeadLetter(key, 1))).toMatchObject({ code: 'PHI_PG_FORBIDDEN' })
      // Nor by claiming the role that may.
      expect(await refusal(cursorStore(db).read(key))).toMatchObject({ code: 'PHI_PG_FORBIDDEN' })
      await db.close()
    }
  })

  it('S91 shows a forwarder the cursors of the tenant that it names, by any query', async () => {
    const db = await connect(await loginWith(under, 'forwards', ['phi_forwarder']))
    await cursorStore(db).advance({ ...key, tenant: 'other' }, undefined, { next: 7, hash, by: 'one' })
    const rows = await db.transaction(async (tx) => {
      await tx.query(`select set_config('role', 'phi_forwarder', true), set_config('phi.tenant', 'other', true)`)
      return (await tx.query<{ tenant: string }>('select tenant from phi.forward_cursor')).rows
    })
    expect(rows).toEqual([{ tenant: 'other' }])
    const outside = await db.transaction(async (tx) => {
      await tx.query(`select set_config('role', 'phi_forwarder', true)`)
      return (await tx.query('select from phi.forward_cursor')).rows
    })
    expect(outside).toEqual([])
    await db.close()
  })

  it('takes no row that no forwarder wrote for a cursor', async () => {
    const store = cursorStore(await under.pool())
    const letters = { ...key, forwarder: 'damaged' }
    await under.asSuperuser(async (client) => {
      await client.query(
        `insert into phi.forward_dead_letter values ('clinic', 'damaged', 'clinic.example/audit', 1, $1, 'X', 1, 'yesterday')`,
        [hash],
      )
    })
    expect(await refusal(store.deadLetters(letters))).toMatchObject({ code: 'PHI_AUDIT_FORWARD_CURSOR_DAMAGED' })
  })
})
