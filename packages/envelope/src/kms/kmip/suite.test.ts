import { kmsSuite, register } from '@phi/testing'
import { describe, it } from 'vitest'
import { describeKmip, type KmipServer, kmipProxy } from '../../../test/hsm/kmip-server.ts'
import { KmipConnection } from './connection.ts'
import { createKmipKek, kmipKms, rotateKmipKek } from './index.ts'
import { formatKekName, parseKekName } from './kek-name.ts'
import { revoke } from './operations.ts'
import { parseKmipOptions } from './options.ts'
import { reason, tag } from './tags.ts'
import { encodeTtlv, enumeration, integer, structure } from './ttlv.ts'

let labels = 0

/** What a server answers that does not know the client: Authentication Not Successful. */
const denial = (): Uint8Array =>
  encodeTtlv(
    structure(
      tag.ResponseMessage,
      structure(
        tag.ResponseHeader,
        structure(tag.ProtocolVersion, integer(tag.ProtocolVersionMajor, 1), integer(tag.ProtocolVersionMinor, 4)),
        integer(tag.BatchCount, 1),
      ),
      structure(
        tag.BatchItem,
        enumeration(tag.ResultStatus, 1),
        enumeration(tag.ResultReason, reason.AuthenticationNotSuccessful),
      ),
    ),
  )

async function open(server: KmipServer) {
  const proxy = await kmipProxy(server)
  const { ca, clinic } = server
  const options = { host: '127.0.0.1', port: proxy.port, server: 'kmip.test', ca, ...clinic, keyLabel: `kek ${++labels}` }
  const { kek } = await createKmipKek(options)
  const name = parseKekName(kek)
  if (name === undefined) throw new Error('createKmipKek gave no name')
  const set = (mode: typeof proxy.mode) => async () => {
    proxy.mode = mode
  }
  return {
    kms: kmipKms(options),
    absentKek: formatKekName({ ...name, version: { id: new Uint8Array(8).fill(0xff), uid: '987654' } }),
    newKek: async () => (await createKmipKek({ ...options, keyLabel: `${options.keyLabel} too` })).kek,
    rotate: async () => {
      await rotateKmipKek(options)
    },
    disable: async (wrapped: string) => {
      const connection = await KmipConnection.open(parseKmipOptions(options), undefined)
      await revoke(connection, parseKekName(wrapped)?.version?.uid as string)
      connection.close()
    },
    faults: {
      unreachable: set('refuse'),
      denied: set(denial),
      nonsense: set(() => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'.padEnd(0x5031))),
      silent: set('silent'),
      restore: set('pass'),
    },
    close: () => proxy.close(),
  }
}

describeKmip('kmsSuite', (server) => {
  register(
    kmsSuite({
      name: 'kmip',
      supports: { destroy: 'immediate', elapse: false },
      open: () => open(server()),
      // Each refusal is five requests, and PyKMIP takes its time.
      alteredBytes: process.env.PHI_LONG === '1' ? 24 : 4,
    }),
    { describe, it },
  )
})
