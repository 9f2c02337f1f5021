import { randomBytes, utf8 } from '@phi/core'
import { toText } from '../../src/field/format.ts'
import { rowAad } from '../../src/field/row-aad.ts'
import type { Sealing } from '../../src/keys/sealing.ts'
import { kcXaesCore } from '../../src/primitives/xaes.ts'

/** Seals a text for a field of type 'string' without the field's guard against what is sealed already: what other programs did. */
export function sealAnyway(
  { tenant, keys }: Sealing,
  where: { readonly table: string; readonly column: string; readonly row: string },
  text: string,
): string {
  const loaded = keys('field').active()
  const aead = kcXaesCore(loaded.key)
  const header = Uint8Array.of(1, 1, ...loaded.idBytes)
  const nonce = randomBytes(24)
  const plaintext = utf8(text)
  const out = new Uint8Array(30 + plaintext.length + aead.overhead)
  out.set(header)
  out.set(nonce, 6)
  aead.sealInto(out, 30, nonce, plaintext, rowAad(header, { tenant, ...where, type: 'string' })(where.row))
  return toText(out)
}
