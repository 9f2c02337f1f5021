import { exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { chromiumPath, inChromium } from '../../../core/test/chromium.ts'
import { request, setting } from '../../test/lifecycle/setting.ts'
import { verifyCertificate } from './verify-certificate.ts'

const chromium = chromiumPath()
const AT = '2026-11-22T00:00:00.000Z'

describe.skipIf(chromium === undefined)(`in Chromium${chromium === undefined ? ' (not found: skipped)' : ''}`, () => {
  it('S121 keys destroyed in a page are certified there, and each side verifies the other’s certificate', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const privateJwk = await exportJWK(privateKey)
    const publicJwk = { ...(await exportJWK(publicKey)), kid: 'k' }
    const { keyring } = await setting()
    await keyring.tenant('clinic-a')
    const ours = await keyring.destroy(request({ signer: { alg: 'ES256', kid: 'k', key: privateKey } }))
    if (ours.status !== 'destroyed') throw new Error(ours.status)
    const source = `
      import { fixedClock } from '@phi/core'
      import { localKms, memoryKeyStore, memoryTombstones, openKeyring } from '../../src/index.ts'
      import { destructionRules } from '../../src/destruction/rules.ts'
      import { verifyCertificate } from '../../src/destruction/verify-certificate.ts'
      const [ours, privateJwk, publicJwk, at] = ${JSON.stringify([ours.certificate, privateJwk, publicJwk, AT])}
      const run = async () => {
        const keyring = await openKeyring({
          kms: localKms.generate(), store: memoryKeyStore(), tombstones: memoryTombstones(), clock: fixedClock(at),
        })
        const clinic = await keyring.tenant('clinic-a')
        const body = clinic.field({ table: 'note', column: 'body' })
        const sealed = body.seal('x', { row: '1' })
        await keyring.rotate({ tenant: 'clinic-a', purpose: 'field' })
        const done = await keyring.destroy({
          tenant: 'clinic-a', approver: 'privacy officer', rule: destructionRules.baaTermination, backupHorizon: at,
          samples: [() => body.open(sealed, { row: '1' })],
          signer: { alg: 'ES256', kid: 'k', key: privateJwk },
        })
        const genuine = await verifyCertificate(ours, publicJwk, { at })
        const forged = await verifyCertificate(ours.slice(0, -6) + 'AAAAAA', publicJwk, { at })
        return { certificate: done.certificate, samples: done.document.checks.samples, genuine: genuine.verdict, forged }
      }
      globalThis.result = run()`
    type Seen = { certificate: string; samples: unknown; genuine: string; forged: unknown }
    const seen = await inChromium<Seen>(source, new URL('.', import.meta.url).pathname)
    expect(seen.genuine).toBe('valid')
    expect(seen.forged).toEqual({ verdict: 'invalid', problem: 'signature' })
    expect(seen.samples).toEqual({ tried: 1, refused: { PHI_ENVELOPE_OPEN: 1 } })
    const theirs = await verifyCertificate(seen.certificate, publicJwk, { at: AT })
    expect(theirs).toMatchObject({ verdict: 'valid', alg: 'ES256', certificate: { keys: { length: 4 } } })
  })
})
