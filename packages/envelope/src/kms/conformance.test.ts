import { randomUUID } from 'node:crypto'
import { type KmsUnderTest, kmsSuite, register } from '@phi/testing'
import { afterAll, describe, it } from 'vitest'
import { awsError, startAws } from '../../test/kms/aws-server.ts'
import { startAzure } from '../../test/kms/azure-server.ts'
import { awsClient, azureClient, gcpClient } from '../../test/kms/clients.ts'
import { startGcp } from '../../test/kms/gcp-server.ts'
import { answering, drop, type Fault, hang, html, json, type Loopback } from '../../test/kms/loopback.ts'
import { startVault } from '../../test/kms/vault-server.ts'
import { awsKms } from './aws-kms.ts'
import { azureKeyVault } from './azure-key-vault.ts'
import { gcpKms } from './gcp-kms.ts'
import { rotateVaultTransit, vaultTransit } from './vault-transit.ts'

// Both ends and what lies between; the long form alters every byte.
const alteredBytes = process.env.PHI_LONG === '1' ? Number.POSITIVE_INFINITY : 6

/** The faults of an HTTP service, by what it answers when it denies. */
function httpFaults(loopback: Loopback, denied: Fault): NonNullable<KmsUnderTest['faults']> {
  const set = (fault: Fault | undefined) => async () => {
    loopback.fault = fault
  }
  return {
    unreachable: set(drop),
    denied: set(denied),
    nonsense: set(html(200)),
    silent: set(hang),
    restore: set(undefined),
  }
}

register(
  kmsSuite({
    name: 'aws-kms on a loopback server',
    supports: { destroy: 'scheduled' },
    alteredBytes,
    async open() {
      const server = await startAws()
      const client = awsClient(server)
      const arns = [server.createKey()]
      server.alias('alias/phi', arns[0] as string)
      return {
        kms: awsKms({ client, keyId: 'alias/phi' }),
        absentKek: `arn:aws:kms:us-east-1:111122223333:key/${randomUUID()}`,
        newKek: async () => {
          const arn = server.createKey()
          arns.push(arn)
          return arn
        },
        // KMS rotates inside a key, unseen. What changes the KEK is an alias that is pointed at another key.
        rotate: async () => server.alias('alias/phi', server.createKey()),
        disable: async (kek) => {
          server.key(kek).state = 'Disabled'
        },
        elapse: async () => {
          for (const arn of arns) if (server.key(arn).state === 'PendingDeletion') server.forget(arn)
        },
        faults: httpFaults(server.loopback, answering(awsError('AccessDeniedException'))),
        close: async () => {
          client.destroy()
          server.loopback.close()
        },
      }
    },
  }),
  { describe, it },
)

const servers: { close(): void }[] = []
afterAll(() => {
  for (const server of servers) server.close()
})

const UNAVAILABLE = { code: 14, message: 'no connection' }

for (const transport of ['rest', 'grpc'] as const) {
  register(
    kmsSuite({
      name: `gcp-kms on a loopback server over ${transport}`,
      supports: {
        destroy: 'scheduled',
        // Over gRPC the client reads frames of protobuf: what is no frame never reaches the adapter.
        ...(transport === 'grpc'
          ? { faults: { nonsense: false }, because: { 'faults.nonsense': 'gRPC refuses the frame itself' } }
          : {}),
      },
      alteredBytes,
      async open() {
        const server = await startGcp()
        const client = gcpClient(server, transport)
        const key = server.createKey('own')
        let next = 0
        const { nonsense, ...http } = httpFaults(
          server.loopback,
          answering(json(403, { error: { code: 403, status: 'PERMISSION_DENIED', message: 'denied' } })),
        )
        const set = (fault: typeof server.grpcFault) => async () => {
          server.grpcFault = fault
        }
        const grpc = {
          unreachable: set(UNAVAILABLE),
          denied: set({ code: 7, message: 'denied' }),
          silent: set('hang'),
          restore: set(undefined),
        }
        // The client tries to reach a service again until the time is up: no need to wait for long where it is known to be away.
        const patient = gcpKms({ client, key, timeoutMs: 3_000 })
        const hurried = gcpKms({ client, key, timeoutMs: 300 })
        const away = () => server.grpcFault === UNAVAILABLE
        return {
          kms: new Proxy(patient, { get: (_, name) => Reflect.get(away() ? hurried : patient, name) }),
          absentKek: `${key}/cryptoKeyVersions/77`,
          newKek: async () => server.createKey(`other-${next++}`),
          rotate: async () => {
            server.rotate(key)
          },
          disable: async (kek) => {
            server.version(kek).state = 'DISABLED'
          },
          elapse: async () => server.elapse(),
          faults: transport === 'rest' ? { ...http, ...(nonsense === undefined ? {} : { nonsense }) } : grpc,
          close: async () => {
            await client.close()
            server.close()
          },
        }
      },
    }),
    { describe, it },
  )
}

for (const algorithm of ['RSA-OAEP-256', 'A256KW'] as const) {
  register(
    kmsSuite({
      name: `azure-key-vault with ${algorithm} on a loopback server`,
      supports: { destroy: 'scheduled' },
      alteredBytes,
      async open() {
        const server = await startAzure()
        const options = algorithm === 'A256KW' ? ({ kty: 'oct-HSM' } as const) : {}
        server.createVersion('own', options)
        let next = 0
        return {
          kms: azureKeyVault({ client: azureClient(server), keyName: 'own', algorithm }),
          absentKek: `${server.vaultUrl}/keys/absent/${randomUUID().replaceAll('-', '')}`,
          newKek: async () => {
            const name = `other-${next++}`
            return `${server.vaultUrl}/keys/${name}/${server.createVersion(name, options)}`
          },
          rotate: async () => {
            server.createVersion('own', options)
          },
          disable: async (kek) => {
            const [name, version] = kek.split('/').slice(-2) as [string, string]
            server.version(name, version).enabled = false
          },
          elapse: async () => server.elapse(),
          faults: httpFaults(
            server.loopback,
            answering(json(403, { error: { code: 'Forbidden', message: 'no', innererror: { code: 'AccessDenied' } } })),
          ),
          close: async () => server.loopback.close(),
        }
      },
    }),
    { describe, it },
  )
}

register(
  kmsSuite({
    name: 'vault-transit on a loopback server',
    supports: {
      destroy: 'immediate',
      elapse: false,
      because: { elapse: 'Vault has no waiting time' },
    },
    alteredBytes,
    async open() {
      const server = await startVault()
      const options = { address: server.address, key: 'own', token: () => server.token }
      server.createKey('own')
      let next = 0
      return {
        kms: vaultTransit(options),
        absentKek: 'transit/absent:v1',
        newKek: async () => {
          const name = `other-${next++}`
          server.createKey(name)
          return `transit/${name}`
        },
        rotate: async () => {
          await rotateVaultTransit(options)
        },
        disable: async () => {
          server.key('own').softDeleted = true
        },
        faults: httpFaults(server.loopback, answering(json(403, { errors: ['permission denied'] }))),
        close: async () => server.loopback.close(),
      }
    },
  }),
  { describe, it },
)
