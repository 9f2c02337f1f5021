import { createRequire } from 'node:module'
import { KMSClient } from '@aws-sdk/client-kms'
import { KeyClient } from '@azure/keyvault-keys'
import { KeyManagementServiceClient } from '@google-cloud/kms'
import type { AwsServer } from './aws-server.ts'
import type { AzureServer } from './azure-server.ts'
import type { GcpServer } from './gcp-server.ts'

/** The SDKs' own clients, pointed at the loopback servers, with the short waits of a test between their retries. */

export const awsClient = (
  { endpoint, credentials }: AwsServer,
  options: { region?: string; maxAttempts?: number } = {},
): KMSClient => new KMSClient({ region: 'us-east-1', endpoint, credentials, maxAttempts: 1, ...options })

export const azureClient = ({ vaultUrl, ca, token }: AzureServer, maxRetries = 0): KeyClient =>
  new KeyClient(
    vaultUrl,
    { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) },
    {
      tlsOptions: { ca },
      retryOptions: { maxRetries, retryDelayInMs: 1, maxRetryDelayInMs: 5 },
      // The challenge names vault.azure.net, which 127.0.0.1 is no part of.
      disableChallengeResourceVerification: true,
    },
  )

const fromClient = createRequire(createRequire(import.meta.url).resolve('@google-cloud/kms'))
const gax = fromClient('google-gax') as { grpc: { credentials: { createInsecure(): unknown } } }
const { OAuth2Client } = createRequire(fromClient.resolve('google-gax'))('google-auth-library') as {
  OAuth2Client: new () => { setCredentials(credentials: { access_token: string; expiry_date: number }): void }
}

function oauth() {
  const client = new OAuth2Client()
  client.setCredentials({ access_token: 'loopback-token', expiry_date: Date.now() + 3_600_000 })
  return client as never
}

export const gcpClient = ({ restPort, grpcPort }: GcpServer, transport: 'rest' | 'grpc'): KeyManagementServiceClient =>
  transport === 'rest'
    ? new KeyManagementServiceClient({
        fallback: true,
        protocol: 'http',
        apiEndpoint: '127.0.0.1',
        port: restPort,
        authClient: oauth(),
      })
    : new KeyManagementServiceClient({
        apiEndpoint: '127.0.0.1',
        port: grpcPort,
        authClient: oauth(),
        sslCreds: gax.grpc.credentials.createInsecure() as never,
      })
