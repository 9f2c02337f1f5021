import type { Signer } from '@phi/retention'
import { secretOf } from '../../config.ts'
import { cliError } from '../../errors.ts'
import type { Io } from '../../io.ts'
import { privateJwk } from '../../private-jwk.ts'

/**
 * The key that signs a certificate: a private JWK with a kid, Ed25519 or P-256, in an environment variable, as JSON or in base64.
 * @throws PhiError PHI_CLI_NOT_CONFIGURED; nothing of the variable is in it
 */
export function signerFrom(io: Io, variable: string): Signer {
  const signer = privateJwk(secretOf(io, variable, '--signer-from'))
  if (signer !== undefined) return signer
  throw cliError('PHI_CLI_NOT_CONFIGURED', {
    path: '--signer-from',
    detail: 'the variable holds no private JWK of Ed25519 or P-256 with a kid',
  })
}
