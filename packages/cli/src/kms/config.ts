import * as z from 'zod'

const path = z.string().min(1).max(4096)
const name = z.string().min(1).max(2048)
/** The name of an environment variable that holds a secret. */
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/)

const file = z
  .strictObject({
    kind: z.literal('file'),
    path,
    /** 32 random bytes in base64, under which the file is encrypted. */
    secretFrom: variable.optional(),
    /** A passphrase of 15 characters or more, in place of the secret. */
    passphraseFrom: variable.optional(),
  })
  .refine(({ secretFrom, passphraseFrom }) => (secretFrom === undefined) !== (passphraseFrom === undefined))

const aws = z.strictObject({
  kind: z.literal('aws'),
  /** An id, an ARN, or an alias (`alias/phi`). */
  keyId: name,
  region: name.optional(),
  /** Another address of the service, such as a VPC endpoint. */
  endpoint: z.url().optional(),
  deletionWindowDays: z.number().int().min(7).max(30).optional(),
  multiRegion: z.boolean().optional(),
})

const gcp = z.strictObject({
  kind: z.literal('gcp'),
  /** `projects/…/locations/…/keyRings/…/cryptoKeys/…` */
  key: name,
})

const azure = z.strictObject({
  kind: z.literal('azure'),
  /** `https://….vault.azure.net` */
  vault: z.url(),
  keyName: name,
  algorithm: z.enum(['RSA-OAEP-256', 'A256KW']).optional(),
  purge: z.boolean().optional(),
  /** An access token for the vault, such as `az account get-access-token --resource https://vault.azure.net` prints. */
  tokenFrom: variable,
})

const vault = z.strictObject({
  kind: z.literal('vault'),
  /** `https://vault.example:8200` */
  address: z.url(),
  key: name,
  mount: name.optional(),
  namespace: name.optional(),
  tokenFrom: variable,
})

const pkcs11 = z.strictObject({
  kind: z.literal('pkcs11'),
  /** The token's library. */
  module: path,
  keyLabel: name,
  tokenLabel: name.optional(),
  serial: name.optional(),
  slot: z.number().int().min(0).optional(),
  formerSerials: z.array(name).optional(),
  libraryParameters: name.optional(),
  pinFrom: variable,
})

const kmip = z.strictObject({
  kind: z.literal('kmip'),
  host: name,
  port: z.number().int().min(1).max(65_535).optional(),
  /** Files in PEM. */
  ca: path,
  cert: path,
  key: path,
  passphraseFrom: variable.optional(),
  servername: name.optional(),
  server: name.optional(),
  keyLabel: name,
})

/** A KMS by kind, with the options of its adapter in @phi/envelope. Secrets are named by their environment variables. */
export const kmsConfigSchema = z.union([file, aws, gcp, azure, vault, pkcs11, kmip])
export type KmsConfig = z.output<typeof kmsConfigSchema>

/** How the keys of tenants are wrapped, where their tombstones lie, and who signs what was destroyed. */
export const envelopeConfigSchema = z
  .strictObject({
    /** The key-encryption key itself, 32 random bytes in base64: for development and small self-hosting. */
    kekFrom: variable.optional(),
    /** Key-encryption keys that `kekFrom` named before. They unwrap what they wrapped, until `phi keys rewrap` is done. */
    formerKeksFrom: z.array(variable).max(16).optional(),
    /** A KMS or HSM, in place of `kekFrom`. */
    kms: kmsConfigSchema.optional(),
    /** KMSs that wrapped before. Each unwraps what it wrapped. */
    formerKms: z.array(kmsConfigSchema).max(8).optional(),
    /** Tenants with a key-encryption key of their own: its name in the KMS. Only such a key can be destroyed with its tenant. */
    keks: z.record(z.string(), name).optional(),
    /** Another database for tombstones, best on another server: what is restored together with the keys does not remember their end. */
    tombstones: z.union([z.strictObject({ urlFrom: variable }), z.strictObject({ embedded: path })]).optional(),
    /** Environment variable with the private key (JWK, Ed25519 or P-256, with a kid) that signs certificates of destruction. */
    certificateSignerFrom: variable.optional(),
    rotation: z.strictObject({ everyDays: z.number().int().min(1).max(3650) }).optional(),
  })
  .refine(({ kekFrom, kms }) => (kekFrom === undefined) !== (kms === undefined), 'needs either kekFrom or kms')
  .refine(({ kekFrom, formerKeksFrom }) => kekFrom !== undefined || formerKeksFrom === undefined, {
    path: ['formerKeksFrom'],
    error: 'goes with kekFrom',
  })
