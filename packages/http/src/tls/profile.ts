import { constants } from 'node:crypto'
import { createSecureContext } from 'node:tls'

/** `modern`: TLS 1.3 alone. `intermediate`: TLS 1.2 as well, for clients that cannot do more. */
export const tlsProfiles = ['modern', 'intermediate'] as const
export type TlsProfile = (typeof tlsProfiles)[number]

/** What a profile means in the options of `node:tls`. The same on both sides of a connection. */
export interface ProfileOptions {
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  readonly maxVersion: 'TLSv1.3'
  readonly ciphers: string
  readonly ecdhCurve: string
  readonly honorCipherOrder: true
  readonly secureOptions: number
}

/**
 * AES-GCM only. RFC 9325 section 4 would let ChaCha20-Poly1305 in as well, but the guidance of HHS on unsecured protected health
 * information (74 FR 19006) measures data in motion by NIST SP 800-52, and that lists approved algorithms alone (revision 2, section 3.3.1).
 */
const SUITES_13 = ['TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256']

/** TLS 1.2: forward secrecy and authenticated encryption, or nothing (RFC 9325 section 4.2, NIST SP 800-52r2 section 3.3.1.1). */
const SUITES_12 = [
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
]

/** OpenSSL's level 2 also refuses what the list cannot name: RSA under 2048 bits, EC under 224, SHA-1 in certificates. */
const LEVEL = '@SECLEVEL=2'

const GROUPS = 'X25519:P-256:P-384'
/**
 * What is recorded today can be read when quantum computers come, and a health record is worth waiting for: ML-KEM of FIPS 203,
 * where OpenSSL has it (3.5).
 */
const HYBRID_GROUPS = `X25519MLKEM768:${GROUPS}`

let groups: string | undefined
function keyExchangeGroups(): string {
  if (groups === undefined) {
    try {
      createSecureContext({ ecdhCurve: HYBRID_GROUPS })
      groups = HYBRID_GROUPS
    } catch {
      groups = GROUPS
    }
  }
  return groups
}

export function profileOptions(profile: TlsProfile): ProfileOptions {
  return {
    // RFC 9325 section 3.1.1: neither 1.0 nor 1.1. NIST SP 800-52r2 section 3.1: 1.2, and 1.3 since 2024.
    minVersion: profile === 'modern' ? 'TLSv1.3' : 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    // Those of 1.2 stand in both, for OpenSSL takes no list without any; where 1.3 is the least version they are never offered.
    ciphers: [...SUITES_13, ...SUITES_12, LEVEL].join(':'),
    ecdhCurve: keyExchangeGroups(),
    honorCipherOrder: true,
    secureOptions:
      // RFC 9325 section 3.3.
      constants.SSL_OP_NO_COMPRESSION |
      // RFC 9325 section 3.5: TLS 1.3 has none, and 1.2 goes without.
      constants.SSL_OP_NO_RENEGOTIATION |
      // RFC 9325 section 3.4 wants the keys of tickets replaced every week at least, and Node keeps one as long as the process lives. Without
      // tickets each connection shakes hands in full, so a client certificate is looked at each time.
      constants.SSL_OP_NO_TICKET,
  }
}
