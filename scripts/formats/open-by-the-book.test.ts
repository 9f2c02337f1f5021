import { readFile } from 'node:fs/promises'
import { type Kms, localKms, memoryKeyStore, normalizers, openKeyring } from '@phi/envelope'
import { describe, expect, it } from 'vitest'
import { decodeValue, fieldBytes, indexTerm, LP, openDeterministic, openField, openFile, wrapOf } from './open-by-the-book.ts'

const readVectors = async (name: string) =>
  JSON.parse(await readFile(new URL(`../../packages/envelope/vectors/${name}.json`, import.meta.url), 'utf8'))

interface FieldVector {
  readonly name: string
  readonly keyId: string
  readonly tenant: string
  readonly table: string
  readonly column: string
  readonly row?: string | null
  readonly type: string
  readonly encoded: string
  readonly sealed: string
  readonly text: string
  readonly value: unknown
}
const fields = (await readVectors('fields-v1')) as {
  dataKey: string
  wrapContexts: {
    tenant: string
    purpose: string
    id: string
    subject?: string
    bytes: string
    digest: string
    commitment: string
  }[]
  fields: FieldVector[]
}
const search = (await readVectors('search-v1')) as {
  keyId: string
  indexKey: string
  deterministicKey: string
  blind: {
    tenant: string
    table: string
    column: string
    index: string
    normalizer: string
    bits: number
    normal: string
    term: string
  }[]
  compound: {
    tenant: string
    table: string
    index: string
    parts: { column: string; normalizer: string }[]
    bits: number
    value: Record<string, string>
    term: string
  }[]
  deterministic: { tenant: string; table: string; column: string; type: string; value: string; sealed: string }[]
}
const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const dataKey = hex(fields.dataKey)
const placeOf = ({ tenant, table, column, row, type }: FieldVector) => ({ tenant, table, column, type, row: row ?? undefined })

/** How vectors write values that JSON cannot hold. */
function shown(value: unknown): unknown {
  if (typeof value === 'bigint') return { bigint: String(value) }
  if (value instanceof Date) return { date: value.toISOString() }
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') }
  return Object.is(value, -0) ? { number: '-0' } : value
}

describe('an opener written from docs/formats/envelope-v1.md alone, on the published vectors', () => {
  it('opens every field, from its bytes and from its text, to the value that was sealed', () => {
    expect(fields.fields.length).toBe(15)
    for (const vector of fields.fields) {
      const bytes = fieldBytes(vector.text) as Buffer
      expect(bytes.toString('hex'), vector.name).toBe(vector.sealed)
      const plain = openField(dataKey, bytes, placeOf(vector)) as Buffer
      expect(plain.toString('hex'), vector.name).toBe(vector.encoded)
      const value = shown(decodeValue(vector.type, plain))
      expect([value, { number: String(value) }], vector.name).toContainEqual(vector.value)
    }
  })

  it('opens none with one bit changed, and none in another place', () => {
    for (const vector of fields.fields) {
      const bytes = hex(vector.sealed)
      for (let at = 0; at < bytes.length; at++) {
        // The key id finds the key, and is bound by the associated data like everything else.
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] as number) ^ 0x80
        expect(openField(dataKey, changed, placeOf(vector)), `${vector.name}, byte ${at}`).toBeUndefined()
      }
      const place = placeOf(vector)
      for (const elsewhere of [
        { ...place, tenant: 'clinic-z' },
        { ...place, table: `${place.table}s` },
        { ...place, column: 'other' },
        { ...place, row: 'n-999' },
        { ...place, type: place.type === 'bytes' ? 'string' : 'bytes' },
      ]) {
        expect(openField(dataKey, bytes, elsewhere), vector.name).toBeUndefined()
      }
    }
  })

  it('refuses other spellings of the text', () => {
    const { text } = fields.fields[0] as FieldVector
    for (const other of [`${text}=`, text.replace('phi1.', 'phi2.'), ` ${text}`, text.replace('_', '/'), text.slice(0, -1)]) {
      const bytes = fieldBytes(other)
      expect(bytes === undefined || openField(dataKey, bytes, placeOf(fields.fields[0] as FieldVector)) === undefined).toBe(
        true,
      )
    }
  })

  it('makes the contexts of wraps, their digests, and the commitments of keys', () => {
    expect(fields.wrapContexts.length).toBe(2)
    for (const { tenant, purpose, id, subject, bytes, digest, commitment } of fields.wrapContexts) {
      const parts = [tenant, purpose, id, ...(subject === undefined ? [] : [subject])]
      expect(wrapOf(dataKey, parts)).toEqual({ context: bytes, digest, commitment })
    }
  })

  it('makes every index term, and opens every deterministic value', () => {
    const [key, deterministicKey] = [hex(search.indexKey), hex(search.deterministicKey)]
    expect([search.blind.length, search.compound.length]).toEqual([10, 3])
    for (const { tenant, table, column, index, normalizer, bits, normal, term } of search.blind) {
      const binding = ['phi.envelope/blind-index/v1', tenant, table, column, index, normalizer]
      expect(indexTerm({ dataKey: key, keyId: search.keyId, binding, message: Buffer.from(normal), bits })).toBe(term)
    }
    const normal = { name: normalizers.name(), date: normalizers.date(), exact: normalizers.exact() }
    for (const { tenant, table, index, parts, bits, value, term } of search.compound) {
      const columns = parts.flatMap(({ column, normalizer }) => [column, normalizer])
      const binding = ['phi.envelope/compound-index/v1', tenant, table, index, ...columns]
      const message = LP(
        ...parts.map(({ column, normalizer }) =>
          normal[normalizer.split('/')[0] as keyof typeof normal].normalize(value[column] as string),
        ),
      )
      expect(indexTerm({ dataKey: key, keyId: search.keyId, binding, message, bits })).toBe(term)
    }
    expect(search.deterministic.length).toBeGreaterThan(4)
    for (const { value, sealed, ...place } of search.deterministic) {
      const bytes = fieldBytes(sealed) as Buffer
      const plain = openDeterministic(deterministicKey, bytes, place) as Buffer
      const opened = decodeValue(place.type, plain)
      expect(opened instanceof Uint8Array ? Buffer.from(opened).toString('hex') : opened).toBe(value)
      bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1
      expect(openDeterministic(deterministicKey, bytes, place)).toBeUndefined()
    }
  })
})

/** A keyring whose data keys the test can see. */
async function seenKeys() {
  const seen = new Map<string, Uint8Array>()
  const inner = localKms.generate()
  const kms: Kms = {
    ...inner,
    wrap: (request) => {
      seen.set(`${request.context.purpose} ${request.context.id}`, request.dataKey.slice())
      return inner.wrap(request)
    },
  }
  const keyring = await openKeyring({ kms, store: memoryKeyStore() })
  return {
    clinic: await keyring.tenant('clinic-a'),
    keyOf: (purpose: string, id: string) => seen.get(`${purpose} ${id}`) as Uint8Array,
  }
}

describe('the same, on what @phi/envelope has just sealed', () => {
  it('opens a field', async () => {
    const { clinic, keyOf } = await seenKeys()
    const place = { tenant: 'clinic-a', table: 'note', column: 'body', row: 'n-1', type: 'string' }
    const sealed = clinic.field({ table: 'note', column: 'body' }).sealBytes('Grüße 🙂', { row: 'n-1' })
    const id = Buffer.from(sealed.subarray(2, 6)).toString('hex')
    const key = keyOf('field', id)
    expect(decodeValue('string', openField(key, sealed, place) as Buffer)).toBe('Grüße 🙂')
    expect(openField(key, sealed, { ...place, row: 'n-2' })).toBeUndefined()
  })

  it.each([0, 1, 16_383, 16_384, 16_385, 50_000])('opens a file of %i bytes, and none that is cut or changed', async (size) => {
    const { clinic, keyOf } = await seenKeys()
    const plain = new Uint8Array(size).map((_, i) => i % 251)
    const files = clinic.files({ collection: 'scan' })
    const sealed = await new Response(new Blob([plain]).stream().pipeThrough(files.sealStream({ file: 'scan-17' }))).bytes()
    const key = keyOf('file', Buffer.from(sealed.subarray(6, 10)).toString('hex'))
    const place = { tenant: 'clinic-a', collection: 'scan', file: 'scan-17' }
    expect(openFile(key, sealed, place)?.equals(plain)).toBe(true)
    expect(openFile(key, sealed, { ...place, file: 'scan-18' })).toBeUndefined()
    for (const cut of [sealed.length - 1, sealed.length - 17, 66 + 16_400, 70]) {
      if (cut < sealed.length) expect(openFile(key, sealed.subarray(0, cut), place), `cut at ${cut}`).toBeUndefined()
    }
    for (const at of [0, 5, 10, 40, 70, sealed.length - 1]) {
      const changed = Uint8Array.from(sealed)
      changed[at] = (changed[at] as number) ^ 1
      expect(openFile(key, changed, place), `byte ${at}`).toBeUndefined()
    }
  })
})
