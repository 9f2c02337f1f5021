import { once } from 'node:events'
import { Agent, get, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ed25519Signer, memoryStore, openAuditLog } from '@phi/audit'
import { openPipeline } from '@phi/http'
import { fastifyHandler, fastifyServer, phiFastify } from '@phi/http/fastify'
import { compile, definePolicy } from '@phi/rbac'
import { generateSessionKey, memorySessionStore, openSessions, sessionProfiles } from '@phi/rbac/session'
import Fastify from 'fastify'
import * as z from 'zod'
import type { Row } from '../measure.ts'

const CONNECTIONS = 16
const notes = new Map(
  Array.from({ length: 100 }, (_, i) => {
    const id = `n-${i}`
    return [id, { id, tenant: 'clinic-a', patient: `p-${i}`, careTeam: ['ann'], body: 'Slept better.' }] as const
  }),
)

/** The route of the README of `@phi/http`: session, decision, entry in the log, answer. */
async function guarded(): Promise<{ readonly server: Server; readonly token: string; close(): Promise<void> }> {
  const Note = z.object({
    id: z.string(),
    tenant: z.string(),
    patient: z.string(),
    careTeam: z.array(z.string()),
    body: z.string(),
  })
  const policy = definePolicy(
    { id: 'clinic', version: '1', resources: { Note }, actions: ['read'], roles: { therapist: {} } },
    ({ permit, is }) => [
      permit('therapist')
        .to('read')
        .on('Note')
        .for('TREAT')
        .when(is.in(is.actor('id'), is.resource('careTeam')))
        .as('care-team'),
    ],
  )
  const sessions = await openSessions({
    store: memorySessionStore(),
    keys: { signing: await generateSessionKey() },
    issuer: 'https://clinic.example',
    audience: 'clinic',
    profile: sessionProfiles.standard,
  })
  const origin = 'bench.example/http'
  const log = await openAuditLog({ origin, store: memoryStore(), signer: await ed25519Signer.generate(origin) })
  const pipeline = openPipeline({ sessions, rules: compile(policy), log: () => log, allowPlainHttp: true })
  const readNote = pipeline.route({
    action: 'read',
    on: 'Note',
    purpose: 'TREAT',
    load: ({ params }) => notes.get(params.id ?? ''),
  })
  const app = Fastify(fastifyServer({}))
  app.register(phiFastify, { notFound: pipeline.notFound() })
  app.get('/notes/:id', fastifyHandler(readNote))
  await app.ready()
  const now = Date.now()
  const identity = {
    subject: 'ann',
    issuer: 'https://id.example',
    audience: ['clinic'],
    claims: {},
    issuedAt: now,
    expiresAt: now + 60_000,
  }
  const begun = await sessions.begin(
    { ...identity, usableUntil: now + 60_000, authTime: now, amr: ['pwd', 'otp'], acr: null },
    { tenant: 'clinic-a', roles: ['therapist'] },
  )
  if (begun.outcome !== 'begun') throw new Error('no session was begun')
  return {
    server: app.server,
    token: begun.token,
    async close() {
      await app.close()
      await log.close()
    },
  }
}

/** The same address on Fastify alone: nobody is asked who they are, and nothing is recorded. */
async function bare(): Promise<{ readonly server: Server; close(): Promise<void> }> {
  const app = Fastify()
  app.get<{ Params: { id: string } }>('/notes/:id', async (request) => notes.get(request.params.id))
  await app.ready()
  return { server: app.server, close: () => app.close() }
}

/** Asks over connections that stay open, and reads every answer whole. */
async function clientOf(server: Server, token: string) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const one = (id: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}` }
      get({ host: '127.0.0.1', port, path: `/notes/${id}`, agent, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part
        })
        response.on('end', () => {
          if (response.statusCode === 200 && text.includes(`"${id}"`)) resolve()
          else reject(new Error(`status ${response.statusCode}`))
        })
      }).on('error', reject)
    })
  return {
    async ask(count: number): Promise<number> {
      let next = 0
      const caller = async () => {
        for (let i = next++; i < count; i = next++) await one(`n-${i % notes.size}`)
      }
      await Promise.all(Array.from({ length: CONNECTIONS }, caller))
      return count
    },
    close: () => agent.destroy(),
  }
}

export const httpRead: Row = {
  id: 'http.read.fastify',
  against: 'the same address on Fastify 5 alone, over 16 open connections: no session, no decision, no entry',
  atLeast: 0,
  async prepare({ quick }) {
    const count = quick ? 200 : 500
    const [ours, theirs] = [await guarded(), await bare()]
    const asOurs = await clientOf(ours.server, ours.token)
    const asTheirs = await clientOf(theirs.server, ours.token)
    return {
      unit: 'requests',
      ours: () => asOurs.ask(count),
      baseline: () => asTheirs.ask(count),
      async close() {
        asOurs.close()
        asTheirs.close()
        await Promise.all([ours.close(), theirs.close()])
      },
    }
  },
}
