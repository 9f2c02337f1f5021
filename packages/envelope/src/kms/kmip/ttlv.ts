import { fromUtf8, utf8 } from '@phi/core'

// Tag, type, length, value: the encoding of KMIP (OASIS KMIP v1.4 §9.1.1). A tag of 3 bytes, a type of one, a length of 4, and
// the value, padded with zero bytes to a multiple of 8. All numbers are big-endian.

const type = {
  structure: 0x01,
  integer: 0x02,
  longInteger: 0x03,
  bigInteger: 0x04,
  enumeration: 0x05,
  boolean: 0x06,
  text: 0x07,
  bytes: 0x08,
  dateTime: 0x09,
  interval: 0x0a,
} as const

type TypeName = keyof typeof type

/** One item. Structures hold items; every other type holds its value's bytes, without padding. */
export type Item =
  | { readonly tag: number; readonly type: 'structure'; readonly items: readonly Item[] }
  | { readonly tag: number; readonly type: Exclude<TypeName, 'structure'>; readonly value: Uint8Array }

/** Thrown for bytes that are no TTLV, and where an item is missing or of another type. Says nothing of them. */
export class TtlvError extends Error {}

const number32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setInt32(0, value)
  return bytes
}

export const structure = (tag: number, ...items: readonly (Item | undefined)[]): Item => ({
  tag,
  type: 'structure',
  items: items.filter((item) => item !== undefined),
})
export const integer = (tag: number, value: number): Item => ({ tag, type: 'integer', value: number32(value) })
export const enumeration = (tag: number, value: number): Item => ({ tag, type: 'enumeration', value: number32(value) })
export const boolean = (tag: number, value: boolean): Item => ({
  tag,
  type: 'boolean',
  value: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, value ? 1 : 0),
})
export const text = (tag: number, value: string): Item => ({ tag, type: 'text', value: utf8(value) })
export const bytes = (tag: number, value: Uint8Array): Item => ({ tag, type: 'bytes', value })

const padded = (length: number): number => Math.ceil(length / 8) * 8

const sizeOf = (item: Item): number =>
  item.type === 'structure' ? item.items.reduce((sum, each) => sum + 8 + padded(sizeOf(each)), 0) : item.value.length

export function encodeTtlv(item: Item): Uint8Array {
  const out = new Uint8Array(8 + padded(sizeOf(item)))
  write(item, out, new DataView(out.buffer), 0)
  return out
}

/** @returns where the next item begins */
function write(item: Item, out: Uint8Array, view: DataView, at: number): number {
  const size = sizeOf(item)
  view.setUint32(at, (item.tag << 8) | type[item.type])
  view.setUint32(at + 4, size)
  if (item.type === 'structure') {
    let next = at + 8
    for (const each of item.items) next = write(each, out, view, next)
    return next
  }
  out.set(item.value, at + 8)
  return at + 8 + padded(size)
}

const MAX_DEPTH = 16
const names = new Map(Object.entries(type).map(([name, code]) => [code as number, name as TypeName]))

/** The lengths that a type may have; texts and bytes may have any. */
const lengths: Partial<Record<TypeName, number>> = {
  integer: 4,
  longInteger: 8,
  enumeration: 4,
  boolean: 8,
  dateTime: 8,
  interval: 4,
}

/**
 * Reads exactly one item. The values are views of the input.
 * @throws {@link TtlvError}
 */
export function decodeTtlv(input: Uint8Array): Item {
  const view = new DataView(input.buffer, input.byteOffset, input.length)
  const [item, end] = read(input, view, 0, input.length, 0)
  if (end !== input.length) throw new TtlvError('bytes after the item')
  return item
}

function read(input: Uint8Array, view: DataView, at: number, limit: number, depth: number): [Item, number] {
  if (depth > MAX_DEPTH) throw new TtlvError('nested too deep')
  if (at + 8 > limit) throw new TtlvError('cut in a header')
  const head = view.getUint32(at)
  const length = view.getUint32(at + 4)
  const name = names.get(head & 0xff)
  const start = at + 8
  const end = start + padded(length)
  if (name === undefined || end > limit) throw new TtlvError('no such type, or cut in a value')
  const tag = head >>> 8
  if (name === 'structure') {
    if (length % 8 !== 0) throw new TtlvError('a structure that is not padded')
    const items: Item[] = []
    for (let next = start; next < end; ) {
      const [item, after] = read(input, view, next, end, depth + 1)
      items.push(item)
      next = after
    }
    return [{ tag, type: name, items }, end]
  }
  if (length !== (lengths[name] ?? length)) throw new TtlvError('a value of the wrong length')
  if (input.subarray(start + length, end).some((byte) => byte !== 0)) throw new TtlvError('padding that is not zero')
  return [{ tag, type: name, value: input.subarray(start, start + length) }, end]
}

/** The one item with this tag in a structure. @throws {@link TtlvError} for none, several, or no structure */
export function child(item: Item, tag: number): Item {
  const found = children(item, tag)
  const [only] = found
  if (only === undefined || found.length > 1) throw new TtlvError('an item is missing, or there twice')
  return only
}

export function children(item: Item, tag: number): readonly Item[] {
  if (item.type !== 'structure') throw new TtlvError('not a structure')
  return item.items.filter((each) => each.tag === tag)
}

/** The same as {@link child}, or undefined when there is none. */
export const optional = (item: Item, tag: number): Item | undefined =>
  children(item, tag).length === 0 ? undefined : child(item, tag)

function rawOf(item: Item, wanted: Exclude<TypeName, 'structure'>): Uint8Array {
  if (item.type !== wanted) throw new TtlvError('an item of another type')
  return item.value
}

const view32 = (value: Uint8Array) => new DataView(value.buffer, value.byteOffset, value.length)

export const integerOf = (item: Item): number => view32(rawOf(item, 'integer')).getInt32(0)
export const enumerationOf = (item: Item): number => view32(rawOf(item, 'enumeration')).getUint32(0)
export const bytesOf = (item: Item): Uint8Array => rawOf(item, 'bytes')

export function textOf(item: Item): string {
  const value = rawOf(item, 'text')
  try {
    return fromUtf8(value)
  } catch {
    throw new TtlvError('a text that is not UTF-8')
  }
}
