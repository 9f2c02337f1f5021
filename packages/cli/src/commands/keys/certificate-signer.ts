import type { CertificateSigner } from '@phi/envelope'
import { type Configured, secretOf } from '../../config.ts'
import { cliError } from '../../errors.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { privateJwk } from '../../private-jwk.ts'

/** Who signs certificates of destruction: a private JWK in an environment variable, as JSON or as that in base64. @throws PhiError PHI_CLI_NOT_CONFIGURED */
export function certificateSigner(io: Io, input: Input, { config }: Configured): CertificateSigner {
  const variable = input.text('certificateSignerFrom') ?? config.envelope?.certificateSignerFrom
  const option = '--certificate-signer-from'
  if (variable === undefined)
    throw cliError('PHI_CLI_NOT_CONFIGURED', { path: option, detail: 'nobody is named who signs the certificate' })
  const signer = privateJwk(secretOf(io, variable, option))
  if (signer !== undefined) return signer
  throw cliError('PHI_CLI_NOT_CONFIGURED', {
    path: option,
    detail: 'it is no private key as JWK, Ed25519 or P-256, with a kid',
  })
}
