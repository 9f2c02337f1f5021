import { describe, expect, it } from 'vitest'
import { bundleForBrowser, chromiumPath, inChromium } from '../../../core/test/chromium.ts'

const here = new URL('.', import.meta.url).pathname
const entry = `
import { checkHeaders, decideSession, inspectLink, confirmSession, scheduleSession } from './index.ts'
const session = scheduleSession({ id: 's', place: 'telehealth', profession: 'PT', starts: '2026-11-22T01:00:00.000Z', ends: '2026-11-22T01:50:00.000Z' })
const event = confirmSession(session, {
  at: '2026-11-22T00:56:00.000Z',
  location: { source: 'asked', state: 'NY', timeZone: 'America/New_York', askedAt: '2026-11-22T00:55:00.000Z' },
  licences: [{ state: 'NY', profession: 'PT', kind: 'full', status: 'active', expires: '2026-11-21' }],
  credentials: [{ state: 'NY', status: 'active' }],
})
globalThis.result = {
  hsts: checkHeaders(new Headers({ 'Strict-Transport-Security': 'max-age=31536000' })),
  decision: decideSession({ on: '2026-11-21' }).result,
  link: inspectLink('https://video.example/?name=x').findings.map((each) => each.code),
  on: event.session.location?.on,
}
`

describe('@phi/baa/telehealth in a browser', () => {
  it('S68 S79 loads no module of Node', async () => {
    expect(await bundleForBrowser(entry, here)).not.toMatch(/["']node:/)
  })

  it.skipIf(chromiumPath() === undefined)('S68 S79 gives the same answers', { timeout: 60_000 }, async () => {
    expect(await inChromium(entry, here)).toEqual({
      hsts: { is: 'present', maxAge: 31_536_000, includeSubDomains: false, preload: false },
      decision: 'needs',
      link: ['names-a-person'],
      on: '2026-11-21',
    })
  })
})
