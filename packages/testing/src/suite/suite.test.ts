import { envelopeError } from '@phi/envelope/kms'
import { describe, expect, it } from 'vitest'
import { ConformanceError, equal, fail, refused, settlesWithin, succeeds } from './assert.ts'
import { register } from './register.ts'
import { runSuite } from './run-suite.ts'
import { type CaseOf, suiteOf } from './suite.ts'

interface Subject {
  readonly log: string[]
  close?(): Promise<void>
}

const log: string[] = []
const subject = (): Subject => ({
  log,
  close: async () => {
    log.push('close')
  },
})

const make = (
  cases: readonly CaseOf<Subject, string>[],
  open: () => Promise<Subject> = async () => subject(),
  caseTimeoutMs = 1000,
) => suiteOf(cases, { name: 'a suite', manifest: 'the manifest', open, caseTimeoutMs })

const passes: CaseOf<Subject, string> = {
  title: 'passes',
  requirements: ['S1', 'S2'],
  run: async (_, manifest) => equal(manifest, 'the manifest', 'the manifest'),
}
const fails: CaseOf<Subject, string> = { title: 'fails', run: async () => fail('what to fix') }
const skips: CaseOf<Subject, string> = {
  title: 'skips',
  skip: (manifest) => `says ${manifest}`,
  run: async () => fail('never'),
}

describe('a suite', () => {
  it('runs every case on a subject of its own and reports all of them', async () => {
    let opened = 0
    log.length = 0
    const suite = make([passes, fails, skips], async () => {
      opened++
      return subject()
    })
    const { passed, failed, skipped } = await runSuite(suite)
    expect(passed).toEqual([{ title: 'passes', requirements: ['S1', 'S2'], outcome: 'passed' }])
    expect(failed).toEqual([
      {
        title: 'fails',
        requirements: [],
        outcome: 'failed',
        reason: 'what to fix',
        error: new ConformanceError('what to fix'),
      },
    ])
    expect(skipped).toEqual([{ title: 'skips', requirements: [], outcome: 'skipped', reason: 'says the manifest' }])
    expect({ opened, log }).toEqual({ opened: 2, log: ['close', 'close'] })
  })

  it('fails a case that is to be skipped when it is run all the same', async () => {
    await expect(make([skips]).cases[0]?.run()).rejects.toThrow('skipped: says the manifest')
  })

  it('fails a case that does not end', async () => {
    const suite = make([{ title: 'hangs', run: () => new Promise(() => undefined) }], async () => subject(), 20)
    const { failed } = await runSuite(suite)
    expect(failed[0]?.reason).toBe('the case did not end within 20 ms: every call must settle in bounded time')
  })

  it('fails where closing fails, but tells first what the case found', async () => {
    const broken = async (): Promise<Subject> => ({ log, close: () => Promise.reject(new Error('cannot close')) })
    const { failed } = await runSuite(make([passes, fails], broken))
    expect(failed.map(({ reason }) => reason)).toEqual(['cannot close', 'what to fix'])
  })

  it('fails every case where opening fails', async () => {
    const { failed, passed } = await runSuite(make([passes, fails], () => Promise.reject(new Error('no server'))))
    expect(passed).toEqual([])
    expect(failed.map(({ reason }) => reason)).toEqual(['no server', 'no server'])
  })
})

describe('register', () => {
  it('hands every case to the runner: in one describe, ids first, skipped ones as skipped with their reason', async () => {
    const told: unknown[] = []
    const bodies: (() => Promise<void>)[] = []
    const it = Object.assign(
      (title: string, body: () => Promise<void>) => {
        told.push(['it', title, body.length])
        bodies.push(body)
      },
      { skip: (title: string, body: () => Promise<void>) => told.push(['skip', title, body.length]) },
    )
    const describe = (title: string, body: () => void) => {
      told.push(['describe', title])
      body()
    }
    register(make([passes, skips, fails]), { describe, it })
    expect(told).toEqual([
      ['describe', 'a suite'],
      ['it', 'S1 S2 passes', 0],
      ['skip', 'skips (skipped: says the manifest)', 0],
      ['it', 'fails', 0],
    ])
    await expect(bodies[0]?.()).resolves.toBeUndefined()
    await expect(bodies[1]?.()).rejects.toThrow('what to fix')
  })
})

describe('the assertions', () => {
  const work = (outcome: unknown) => () => Promise.reject(outcome)
  const denied = envelopeError('PHI_ENVELOPE_KMS_DENIED')

  it('a refusal must have one of the codes, and come as a rejection', async () => {
    const codes = ['PHI_ENVELOPE_KMS_DENIED', 'PHI_ENVELOPE_KMS_REFUSED']
    await expect(refused(work(denied), codes, 'wrap', 'Fix it.')).resolves.toBe(denied)
    const wanted = 'must be with PHI_ENVELOPE_KMS_REFUSED. Fix it.'
    const only = ['PHI_ENVELOPE_KMS_REFUSED']
    await expect(refused(work(denied), only, 'wrap', 'Fix it.')).rejects.toThrow(
      `wrap was refused with PHI_ENVELOPE_KMS_DENIED and ${wanted}`,
    )
    await expect(refused(work(new TypeError('x')), only, 'wrap', 'Fix it.')).rejects.toThrow(`a plain TypeError and ${wanted}`)
    await expect(refused(work(null), only, 'wrap', 'Fix it.')).rejects.toThrow(`a thrown null and ${wanted}`)
    await expect(refused(async () => 1, only, 'wrap', 'Fix it.')).rejects.toThrow('wrap succeeded and must be refused')
    const throwing = () => {
      throw denied
    }
    await expect(refused(throwing, codes, 'wrap', 'Fix it.')).rejects.toThrow('instead of returning a promise that rejects')
  })

  it('show no message of what an adapter threw, which may hold anything, but keep it as the cause', async () => {
    const error = new Error('clinic-a')
    const failure = await refused(work(error), ['X'], 'wrap', 'Fix it.').catch((thrown: unknown) => thrown as Error)
    expect(failure).toMatchObject({ name: 'ConformanceError', cause: error })
    expect(String(failure)).not.toContain('clinic-a')
    await expect(succeeds(work(error), 'wrap')).rejects.toThrow('wrap must succeed and was refused with a plain Error')
  })

  it('compare without conversions', () => {
    expect(() => equal<string | number>('1', 1, 'a count')).toThrow('a count: expected 1, got "1"')
    expect(() => equal<null | undefined>(null, undefined, 'a field')).toThrow('a field: expected undefined, got null')
    expect(() => equal(1, 1, 'a count')).not.toThrow()
  })

  it('do not wait longer than they say, and keep no timer', async () => {
    await expect(settlesWithin(5, new Promise(() => undefined), 'too late')).rejects.toThrow('too late')
    await expect(settlesWithin(60_000, Promise.resolve(7), 'too late')).resolves.toBe(7)
  })
})
