import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { chromiumPath, inChromium } from '../../core/test/chromium.ts'

const entry = `
import { explain, retentionSchedule, usRetention } from './index.ts'
import { corpus, runGolden } from './golden/index.ts'
const policy = retentionSchedule({ id: 'browser/1', signOffs: [{ rule: 'tx.hospital', by: 'counsel', on: usRetention.asOf }] })
const record = { id: 'r', kind: 'medical-record', state: 'TX', provider: 'hospital', medicare: false, adult: true, lastTreatment: '2016-05-31' }
const { keepThrough, status } = explain(record, policy, { today: usRetention.asOf })
const { passed, failed, unsupported } = runGolden(corpus)
globalThis.result = { id: policy.id, keepThrough, status, passed: passed.length, failed, unsupported }
`

describe.skipIf(chromiumPath() === undefined)('in a browser', () => {
  test('the same verdicts, the same policy id, and the whole corpus', async () => {
    const { corpus } = await import('@phi/deadlines/golden')
    const { retentionSchedule, usRetention } = await import('./index.ts')
    const signOffs = [{ rule: 'tx.hospital', by: 'counsel', on: usRetention.asOf }]
    expect(await inChromium(entry, fileURLToPath(new URL('.', import.meta.url)))).toEqual({
      id: retentionSchedule({ id: 'browser/1', signOffs }).id,
      keepThrough: '2026-05-31',
      status: 'disposable',
      passed: corpus.cases.length,
      failed: [],
      unsupported: [],
    })
  })
})
