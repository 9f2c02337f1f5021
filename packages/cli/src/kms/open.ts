import type { Kms } from '@phi/envelope/kms'
import { type Configured, secretOf } from '../config.ts'
import { cliError } from '../errors.ts'
import { readText } from '../files.ts'
import type { Io } from '../io.ts'
import type { KmsConfig } from './config.ts'
import { localKeks } from './local-keks.ts'

/** A KMS that is open, and how its connections are let go of. */
export interface OpenKms {
  readonly kms: Kms
  /** Makes a new version of the key-encryption key, where this is done with the adapter and not in a console. @returns its name */
  readonly rotateKek?: () => Promise<string>
  readonly close: () => Promise<void>
}

const nothing = async (): Promise<void> => {}

/** A package that only one kind of KMS needs. @throws PhiError PHI_CLI_NOT_CONFIGURED */
async function peer<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load()
  } catch (error) {
    throw cliError('PHI_CLI_NOT_CONFIGURED', {
      path: 'envelope.kms',
      detail: `this KMS needs the package ${name}, which is not installed beside @phi/cli or does not load`,
      cause: error,
    })
  }
}

/** What is given, without what is not. */
type Given<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> }
const given = <T extends object>(options: T): Given<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<T>

/** @throws PhiError PHI_CLI_NOT_CONFIGURED, PHI_CLI_FILE; what the adapter says of its options */
async function openKms(io: Io, home: string, config: KmsConfig): Promise<OpenKms> {
  const here: Io = { ...io, cwd: home }
  const secret = (variable: string): string => secretOf(io, variable, 'envelope.kms')
  switch (config.kind) {
    case 'file': {
      const { openKeyFile } = await import('@phi/envelope/local')
      const { resolve } = await import('node:path')
      const kms = await openKeyFile(
        resolve(home, config.path),
        config.passphraseFrom === undefined
          ? { secret: secret(config.secretFrom as string) }
          : { passphrase: secret(config.passphraseFrom) },
      )
      return { kms, rotateKek: () => kms.rotate(), close: nothing }
    }
    case 'aws': {
      // The adapter imports it too, and says less where it is missing.
      const { KMSClient } = await peer('@aws-sdk/client-kms', () => import('@aws-sdk/client-kms'))
      const { awsKms } = await import('@phi/envelope/aws-kms')
      const { keyId, deletionWindowDays, multiRegion, endpoint } = config
      const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION } = io.env
      const client = new KMSClient({
        ...given({ region: config.region ?? AWS_REGION, endpoint }),
        // Otherwise the client finds credentials where AWS programs do: profiles, roles of machines and containers.
        ...(AWS_ACCESS_KEY_ID === undefined || AWS_SECRET_ACCESS_KEY === undefined
          ? {}
          : {
              credentials: {
                accessKeyId: AWS_ACCESS_KEY_ID,
                secretAccessKey: AWS_SECRET_ACCESS_KEY,
                ...given({ sessionToken: AWS_SESSION_TOKEN }),
              },
            }),
      })
      return {
        kms: awsKms({ client, keyId, ...given({ deletionWindowDays, multiRegion }) }),
        close: async () => client.destroy(),
      }
    }
    case 'gcp': {
      const { gcpKms } = await import('@phi/envelope/gcp-kms')
      const { KeyManagementServiceClient } = await peer('@google-cloud/kms', () => import('@google-cloud/kms'))
      const client = new KeyManagementServiceClient(given({ keyFilename: io.env.GOOGLE_APPLICATION_CREDENTIALS }))
      return { kms: gcpKms({ client, key: config.key }), close: () => client.close() }
    }
    case 'azure': {
      const { azureKeyVault } = await import('@phi/envelope/azure-key-vault')
      const { KeyClient } = await peer('@azure/keyvault-keys', () => import('@azure/keyvault-keys'))
      const token = secret(config.tokenFrom)
      // A command is over before a token is: the client asks again when this hour has passed, and gets the same one.
      const getToken = async () => ({ token, expiresOnTimestamp: io.clock() + 3_600_000 })
      const client = new KeyClient(config.vault, { getToken })
      const { keyName, algorithm, purge } = config
      return { kms: azureKeyVault({ client, keyName, ...given({ algorithm, purge }) }), close: nothing }
    }
    case 'vault': {
      const { rotateVaultTransit, vaultTransit } = await import('@phi/envelope/vault-transit')
      const { address, key, mount, namespace } = config
      const options = { address, key, ...given({ mount, namespace }), token: secret(config.tokenFrom) }
      return { kms: vaultTransit(options), rotateKek: () => rotateVaultTransit(options), close: nothing }
    }
    case 'pkcs11': {
      const { pkcs11Kms, rotateKek } = await import('@phi/envelope/pkcs11')
      const { kind, pinFrom, module, keyLabel, ...rest } = config
      const options = { module, keyLabel, pin: secret(pinFrom), ...given(rest) }
      const kms = pkcs11Kms(options)
      return { kms, rotateKek: async () => (await rotateKek(options)).kek, close: () => kms.close() }
    }
    case 'kmip': {
      const { kmipKms, rotateKmipKek } = await import('@phi/envelope/kmip')
      const [ca, cert, key] = await Promise.all([
        readText(here, config.ca, 'envelope.kms.ca'),
        readText(here, config.cert, 'envelope.kms.cert'),
        readText(here, config.key, 'envelope.kms.key'),
      ])
      const { host, port, servername, server, keyLabel, passphraseFrom } = config
      const passphrase = passphraseFrom === undefined ? undefined : secret(passphraseFrom)
      const options = { host, ca, cert, key, keyLabel, ...given({ port, servername, server, passphrase }) }
      const kms = kmipKms(options)
      return { kms, rotateKek: async () => (await rotateKmipKek(options)).kek, close: () => kms.close() }
    }
  }
}

/**
 * The KMSs of a configuration: the one that wraps first, then those that only unwrap.
 * @returns undefined where none is configured
 */
export async function openKmss(
  io: Io,
  { config, home }: Configured,
): Promise<
  | { readonly kms: readonly [Kms, ...Kms[]]; readonly rotateKek?: () => Promise<string>; readonly close: () => Promise<void> }
  | undefined
> {
  const { envelope } = config
  if (envelope === undefined) return undefined
  const { localKms } = await import('@phi/envelope')
  const opened: OpenKms[] = []
  const close = async () => {
    for (const each of opened) await each.close()
  }
  try {
    if (envelope.kms !== undefined) opened.push(await openKms(io, home, envelope.kms))
    else {
      const secrets = [envelope.kekFrom as string, ...(envelope.formerKeksFrom ?? [])]
      const [first, ...former] = secrets.map((variable) => localKms.fromSecret(secretOf(io, variable, 'envelope.kekFrom')))
      opened.push({ kms: localKeks(first as (typeof former)[number], former), close: nothing })
    }
    const rotateKek = opened[0]?.rotateKek
    for (const each of envelope.formerKms ?? []) opened.push(await openKms(io, home, each))
    const kms = opened.map((each) => each.kms) as [Kms, ...Kms[]]
    return { kms, ...(rotateKek === undefined ? {} : { rotateKek }), close }
  } catch (error) {
    await close()
    throw error
  }
}
