import { createSecureContext, type SecureContext } from 'node:tls'
import { parseAs } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../../errors.ts'

export interface KmipOptions {
  readonly host: string
  /** Default 5696, the port registered for KMIP. */
  readonly port?: number
  /** The authorities that the server's certificate may come from, PEM. The system's own are not used. */
  readonly ca: string
  /** The client's certificate with its chain, PEM. The server knows the service by it. */
  readonly cert: string
  /** Its private key, PEM. */
  readonly key: string
  readonly passphrase?: string
  /** The name in the server's certificate, where it is not `host`. */
  readonly servername?: string
  /**
   * What records call the server. Default `host`. It stays when the server moves or a replica takes over, since records that
   * name another server are refused. At most 253 characters.
   */
  readonly server?: string
  /**
   * Names the key-encryption key: the object group of its versions, and the first part of their names. 1 to 64 printable
   * ASCII characters.
   */
  readonly keyLabel: string
  /** Connections at most, 1 to 64; further calls wait. Default 4. */
  readonly maxConnections?: number
  /** How long the server may be silent, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number
}

const text = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((value) => value.isWellFormed() && !value.includes('\0'), 'must be well-formed text without NUL')

const schema = z.strictObject({
  host: text(253),
  port: z.number().int().min(1).max(65_535).default(5696),
  ca: text(1_000_000),
  cert: text(1_000_000),
  key: text(1_000_000),
  passphrase: text(1024).optional(),
  servername: text(253).optional(),
  server: text(253).optional(),
  // Some servers count characters where the protocol counts bytes, PyKMIP 0.10 among them.
  keyLabel: text(64).refine((label) => /^[\x20-\x7e]+$/.test(label), 'must be printable ASCII'),
  maxConnections: z.number().int().min(1).max(64).default(4),
  timeoutMs: z.number().int().min(1).max(600_000).default(10_000),
})

export interface KmipSettings {
  readonly host: string
  readonly port: number
  readonly servername: string | undefined
  readonly server: string
  readonly label: string
  readonly maxConnections: number
  readonly timeoutMs: number
  readonly secureContext: SecureContext
}

/** @throws PhiError PHI_ENVELOPE_OPTIONS, also for certificates and keys that are none or do not belong together */
export function parseKmipOptions(options: KmipOptions): KmipSettings {
  const refuse = (context: Parameters<typeof envelopeError>[1]) => envelopeError('PHI_ENVELOPE_OPTIONS', context)
  const { ca, cert, key, passphrase, keyLabel, server, servername, ...rest } = parseAs(schema, options, 'kmip', refuse)
  let secureContext: SecureContext
  try {
    const secret = passphrase === undefined ? {} : { passphrase }
    secureContext = createSecureContext({ ca, cert, key, ...secret, minVersion: 'TLSv1.2' })
  } catch {
    // The cause is not kept: nobody promises what a parser of private keys puts in its errors.
    throw refuse({ path: 'kmip', detail: 'the certificates or the private key cannot be used' })
  }
  return { ...rest, servername, server: server ?? rest.host, label: keyLabel, secureContext }
}
