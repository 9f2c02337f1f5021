import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import {
  type AgreementDesk,
  type Answer,
  agreementDesk,
  auditRoutes,
  Browser,
  type Platform,
  putPatientFacts,
  readProfile,
  recordRoutes,
  startPlatform,
} from '@phi/example-platform'
import { promiseRoutes } from './routes.ts'

/** The day's people and places. */
export interface World {
  readonly platform: Platform
  readonly desk: AgreementDesk
  /** A practice of one, and its owner, who treats as well. */
  readonly dana: Browser
  /** A coach on the free plan. */
  readonly kim: Browser
}

export const PRACTICE = 'harbor'
const COACHING = 'coaching'
export const purpose = { 'purpose-of-use': 'TREAT' }

export const code = ({ json }: Answer): unknown => (json as { readonly code?: string } | undefined)?.code
export const write = (browser: Browser, path: string, json: unknown): Promise<Answer> =>
  browser.ask(path, { method: 'POST', json, headers: purpose })
export const note = { patient: 'p-1', body: 'Slept better, walked every day.', sessionDate: '2026-11-23' }

export async function begin(): Promise<World> {
  const profile = readProfile(JSON.parse(await readFile(new URL('../platform.json', import.meta.url), 'utf8')))
  const desk = agreementDesk(profile)
  const platform = await startPlatform({
    profile,
    routes: [desk.routes, recordRoutes, auditRoutes, promiseRoutes],
    start: '2026-11-20T14:00:00.000Z',
  })
  await platform.enrol({ subject: 'dana', tenant: PRACTICE, roles: ['administrator', 'therapist'] }, 'sign-up')
  await platform.enrol({ subject: 'kim', tenant: COACHING, roles: ['administrator', 'therapist'] }, 'sign-up')
  for (const tenant of [PRACTICE, COACHING]) await putPatientFacts(platform, tenant, 'p-1', { careTeam: ['dana', 'kim'] })
  return { platform, desk, dana: new Browser(platform, 'dana'), kim: new Browser(platform, 'kim') }
}

export const findingOf = async (dana: Browser, wanted: string): Promise<string> => {
  const found = ((await dana.ask('/promises/findings')).json as { readonly code: string; readonly says: string }[]).find(
    (each) => each.code === wanted,
  )
  assert.ok(found, `a finding ${wanted}`)
  return found.says
}

export async function notStored(dana: Browser, path: string, record: unknown, why: string): Promise<string> {
  const answer = await write(dana, path, record)
  assert.deepEqual([answer.status, code(answer)], [403, why])
  return `refused: ${why}`
}
