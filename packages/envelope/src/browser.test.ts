import { describe, expect, it } from 'vitest'
import { chromiumPath, inChromium } from '../../core/test/chromium.ts'
import { caseValue, fieldVectors } from '../test/field-vectors.ts'
import { fixedKeys } from '../test/fixed-keys.ts'
import { type Field, makeField } from './field/field.ts'

const here = new URL('.', import.meta.url).pathname
const browser = chromiumPath() === undefined ? describe.skip : describe
const title = chromiumPath() === undefined ? 'in Chromium (none found)' : 'in Chromium'

interface InBrowser {
  readonly opened: readonly string[]
  readonly sealed: readonly string[]
  readonly roundTrip: string
  readonly otherTenant: string
}

browser(title, () => {
  it('S18 S89 the portable path opens what Node seals, Node opens what it seals, and a whole keyring runs', async () => {
    const result = await inChromium<InBrowser>(
      `
      import { fromHex, toHex } from '@phi/core'
      import { importKey } from '#aead'
      import { localKms, memoryKeyStore, openKeyring } from './index.ts'
      import { makeField } from './field/field.ts'
      const vectors = ${JSON.stringify(fieldVectors)}
      const key = importKey(fromHex(vectors.dataKey))
      const show = (value) => value instanceof Uint8Array ? 'bytes ' + toHex(value) : value instanceof Date ? value.toISOString()
        : typeof value === 'bigint' ? value + 'n' : Object.is(value, -0) ? '-0' : JSON.stringify(value)
      const run = async () => {
        const opened = []
        const sealed = []
        for (const { keyId, tenant, table, column, type, suite, row, text } of vectors.fields) {
          const prepared = new Map()
          const loaded = {
            id: keyId, idBytes: fromHex(keyId), version: 1, state: 'active', key,
            prepared: (name, make) => prepared.get(name) ?? prepared.set(name, make(key)).get(name),
          }
          const keys = { tenant, purpose: 'field', active: () => loaded, byId: (id) => id === keyId ? loaded : undefined, all: () => [loaded], used() {} }
          const field = makeField(keys, { table, column, type, suite: suite === 1 ? 'KC-XAES-256-GCM' : 'XAES-256-GCM', unboundRow: row === null })
          const where = row === null ? undefined : { row }
          const value = field.open(text, where)
          opened.push(show(value))
          sealed.push(field.seal(value, where))
        }
        const keyring = await openKeyring({ kms: localKms.generate(), store: memoryKeyStore() })
        const note = { table: 'note', column: 'body' }
        const mine = (await keyring.tenant('clinic-a')).field(note)
        const theirs = (await keyring.tenant('clinic-b')).field(note)
        const one = mine.seal('x', { row: 1 })
        let otherTenant = 'opened'
        try { theirs.open(one, { row: 1 }) } catch (error) { otherTenant = error.code }
        return { opened, sealed, roundTrip: mine.open(one, { row: 1 }), otherTenant }
      }
      globalThis.result = run()
      `,
      here,
    )
    const show = (value: unknown): string => {
      if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`
      if (value instanceof Date) return value.toISOString()
      if (typeof value === 'bigint') return `${value}n`
      return Object.is(value, -0) ? '-0' : JSON.stringify(value)
    }
    expect(result.opened).toEqual(fieldVectors.fields.map((vector) => show(caseValue(vector))))
    for (const [at, vector] of fieldVectors.fields.entries()) {
      const { tenant, table, column, type, row, suite } = vector
      const keys = fixedKeys([{ id: vector.keyId, key: Buffer.from(fieldVectors.dataKey, 'hex') }], { tenant })
      const field = makeField(keys, {
        table,
        column,
        type,
        suite: suite === 1 ? 'KC-XAES-256-GCM' : 'XAES-256-GCM',
        unboundRow: row === null,
      }) as unknown as Field<unknown, readonly [where?: { row: string }]>
      const where = row === null ? [] : ([{ row }] as const)
      expect(field.open(result.sealed[at] as string, ...where), vector.name).toStrictEqual(caseValue(vector))
    }
    expect(result.roundTrip).toBe('x')
    expect(result.otherTenant).toBe('PHI_ENVELOPE_OPEN')
  })
})
