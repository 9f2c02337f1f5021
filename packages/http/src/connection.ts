/** What became of a response. */
export interface Sent {
  /** Bytes of the body that were handed to the connection. */
  readonly bytes: number
  /** Whether all of it was. False: the client left, or something failed. */
  readonly complete: boolean
}

/** The certificate that a peer has shown and that the server has verified (mutual TLS). */
export interface VerifiedPeer {
  /** Subject alternative names as Node writes them, for example `URI:spiffe://clinic.example/billing` or `DNS:billing.internal`. */
  readonly names: readonly string[]
  /** SHA-256 of the certificate, in upper-case hexadecimal with colons. */
  readonly fingerprint256: string
}

/**
 * What the server knows of a connection, and a `Request` does not say. It is taken from the socket, never from a header; forwarded
 * addresses are read by the pipeline, and only from proxies that it was told of.
 */
export interface Connection {
  /** The peer's address as the socket has it. Undefined: unknown, and then an address list lets nobody in. */
  readonly ip: string | undefined
  /** Whether the socket speaks TLS. */
  readonly encrypted: boolean
  /** Only for a certificate that was verified. */
  readonly peer?: VerifiedPeer | undefined
  /**
   * Resolves, never rejects, when the response has gone or was cut off. Where a server cannot say, leave it out: then what was read of the
   * body counts.
   */
  readonly sent?: Promise<Sent> | undefined
}
