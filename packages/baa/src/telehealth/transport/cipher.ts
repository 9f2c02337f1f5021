/**
 * Cipher suites with an ephemeral key exchange and authenticated encryption, by their names in the registry of IANA. TLS 1.3: RFC 8446
 * appendix B.4, without the suite of the short tag. TLS 1.2: those of RFC 5289, RFC 7905 and RFC 7251 that RFC 9325 section 4.2 lets
 * stand. ChaCha20 is not an algorithm of FIPS 140: who is bound to that takes it out of a profile.
 */
export const strongCiphers: readonly string[] = Object.freeze([
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_CCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CCM',
  'TLS_ECDHE_ECDSA_WITH_AES_256_CCM',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
])
