import { errorsOf } from '@phi/core'

/** The errors of the TLS options. They are found when a server is set up; what a client does in a handshake is no error of ours. */
export const tlsErrors = {
  PHI_HTTP_TLS_OPTIONS: {
    problem: 'The TLS options cannot be used',
    remedy: 'Pass a profile, and a key and a certificate in PEM, as `TlsServerOptions` or `TlsClientOptions` describe them.',
  },
  PHI_HTTP_TLS_KEY: {
    problem: 'The private key cannot be used',
    remedy: 'Use the key that belongs to the certificate: RSA of 2048 bits or more, or EC on P-256, P-384 or P-521.',
  },
  PHI_HTTP_TLS_CERTIFICATE: {
    problem: 'A certificate cannot be used',
    remedy:
      'Renew it, or pass the right file: the own certificate first and then its chain, and authorities in a list of their own.',
  },
} as const

export const tlsError = errorsOf(tlsErrors)
