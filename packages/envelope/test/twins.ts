import * as noble from '../src/crypto/noble.ts'
import * as node from '../src/crypto/node.ts'
import { aesCmacOver } from '../src/primitives/aes-cmac.ts'
import { aesKwOver } from '../src/primitives/aes-kw.ts'
import { aesKwpOver } from '../src/primitives/aes-kwp.ts'
import { aesSivOver } from '../src/primitives/aes-siv.ts'
import type { AesTwin } from '../src/primitives/aes-twin.ts'

interface WholeTwin<Key> extends AesTwin<Key> {
  gcmSeal(key: Key, nonce: Uint8Array, plaintext: Uint8Array, aad?: Uint8Array): Uint8Array
  gcmOpen(key: Key, nonce: Uint8Array, sealed: Uint8Array, aad?: Uint8Array): Uint8Array | undefined
  hmac256(key: Key, data: Uint8Array): Uint8Array
}

function primitivesOver<Key>(name: string, twin: WholeTwin<Key>) {
  type Bytes = Uint8Array
  return {
    name,
    cmac: (key: Bytes) => aesCmacOver(twin, key),
    siv: (key: Bytes) => aesSivOver(twin, key),
    kw: (key: Bytes) => aesKwOver(twin, key),
    kwp: (key: Bytes) => aesKwpOver(twin, key),
    gcmSeal: (key: Bytes, nonce: Bytes, data: Bytes, aad: Bytes) => twin.gcmSeal(twin.importKey(key), nonce, data, aad),
    gcmOpen: (key: Bytes, nonce: Bytes, sealed: Bytes, aad: Bytes) => twin.gcmOpen(twin.importKey(key), nonce, sealed, aad),
    hmac256: (key: Bytes, data: Bytes) => twin.hmac256(twin.importKey(key), data),
  }
}

/** The primitives over each of the two twins of `#aead`, whatever this test runs on. */
export const onNode = primitivesOver('node', node)
export const onNoble = primitivesOver('noble', noble)
export const twins = [onNode, onNoble] as const
