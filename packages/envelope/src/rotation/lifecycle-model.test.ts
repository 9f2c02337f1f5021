import { isPhiError } from '@phi/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Fault, type Faults, faults, faultyKms, faultyStore, faultyTombstones } from '../../test/lifecycle/faults.ts'
import { NOTE, request, setting } from '../../test/lifecycle/setting.ts'
import { testKms } from '../../test/lifecycle/test-kms.ts'
import { inspectSealed } from '../field/format.ts'
import type { DataKeyRecord } from '../keys/key-record.ts'
import type { Keyring, LoadOptions } from '../keys/keyring.ts'
import type { Sealing } from '../keys/sealing.ts'

/** Who seals: a tenant, or a patient of it. */
const owners = ['clinic-a', 'clinic-a/p-1', 'clinic-b', 'clinic-b/p-1'] as const
type Owner = (typeof owners)[number]

const split = (owner: Owner) => {
  const [tenant, subject] = owner.split('/') as [string, string | undefined]
  return { tenant, ...(subject === undefined ? {} : { subject }) }
}
async function handleOf(keyring: Keyring, owner: Owner, options: LoadOptions): Promise<Sealing> {
  const { tenant, subject } = split(owner)
  const handle = await keyring.tenant(tenant, options)
  return subject === undefined ? handle : handle.subject(subject, options)
}

interface Value {
  readonly owner: Owner
  readonly sealed: string
  readonly keyId: string
  readonly text: string
}

/** What must be true, whatever the real thing does. */
interface Model {
  /** Values whose sealing was acknowledged, and that no restore has orphaned. */
  values: Value[]
  /** Keys whose revocation was acknowledged, and those of which it is not known. */
  revoked: Set<string>
  unsure: Set<string>
  /** Keys whose destruction was certified: for good. And those where it was begun. */
  destroyed: Set<string>
  begun: Set<string>
  backup:
    | {
        readonly records: readonly DataKeyRecord[]
        readonly revoked: ReadonlySet<string>
        readonly unsure: ReadonlySet<string>
      }
    | undefined
}

async function world() {
  const kms = testKms()
  const plan: Faults = faults()
  const made = await setting({ testKms: kms })
  const troubled = await made.open({
    kms: faultyKms(kms, plan),
    store: faultyStore(made.store, plan),
    tombstones: faultyTombstones(made.tombstones, plan),
    kmsTimeoutMs: 5,
  })
  return { ...made, kms, plan, troubled }
}
type World = Awaited<ReturnType<typeof world>>

const ONLY = { purposes: ['field'], create: false } as const

/** Looks with the eyes of a process that has just started, and without faults. */
async function invariants(model: Model, real: World): Promise<void> {
  const fresh = await real.open()
  for (const owner of owners) {
    let keys: Sealing | undefined
    try {
      keys = await handleOf(fresh, owner, ONLY)
    } catch (error) {
      // Where destroyed keys came back, or a destruction was cut off after the tombstones, nothing is served: as it should be.
      if (!isPhiError(error, 'PHI_ENVELOPE_RESTORED')) throw error
      expect(model.destroyed.size + model.begun.size).toBeGreaterThan(0)
    }
    // INVARIANT: at most one key seals.
    if (keys)
      expect(
        keys
          .keys('field')
          .all()
          .filter(({ state }) => state === 'active').length,
      ).toBeLessThanOrEqual(1)
    for (const value of model.values.filter((each) => each.owner === owner)) {
      let opened: string | undefined
      try {
        opened = keys?.field(NOTE).open(value.sealed, { row: '1' })
      } catch (error) {
        expect(error).toMatchObject({ code: 'PHI_ENVELOPE_OPEN' })
      }
      const gone = model.destroyed.has(value.keyId) || model.revoked.has(value.keyId)
      const open = model.begun.has(value.keyId) || model.unsure.has(value.keyId)
      // INVARIANT: nothing opens after its key was revoked or destroyed.
      if (gone) expect(opened).toBe(undefined)
      // INVARIANT: nothing else is ever lost, or opens to something else.
      else if (!open && keys) expect(opened).toBe(value.text)
      if (opened !== undefined) expect(opened).toBe(value.text)
    }
  }
  for (const record of await real.store.records())
    expect(record.wrapped.length === 0).toBe(/^(destroyed|past)/.test(record.state))
}

type Trouble = { readonly at: number; readonly fault: Fault }

/** A step that may be hit by a fault at one of its calls. */
class Step implements fc.AsyncCommand<Model, World> {
  readonly name: string
  readonly trouble: Trouble
  readonly work: (model: Model, keyring: Keyring, real: World) => Promise<(() => void) | undefined>
  readonly failed: ((model: Model) => void) | undefined

  constructor(name: string, trouble: Trouble, work: Step['work'], failed?: Step['failed']) {
    this.name = name
    this.trouble = trouble
    this.work = work
    this.failed = failed
  }

  check(): boolean {
    return true
  }

  async run(model: Model, real: World): Promise<void> {
    const { plan } = real
    plan.fault = this.trouble.fault
    plan.at = this.trouble.at === 0 ? 0 : plan.calls + this.trouble.at
    plan.happened = false
    try {
      const acknowledge = await this.work(model, real.troubled, real)
      acknowledge?.()
    } catch (error) {
      // Only errors of ours come out, and those that a fault does not explain are for a reason the model knows.
      if (!isPhiError(error)) throw error
      if (!plan.happened) expect(error.code).toMatch(/^PHI_ENVELOPE_(RESTORED|NO_KEY|KEY_STATE)$/)
      this.failed?.(model)
    }
    plan.at = 0
    real.clock.advance(31_000)
    await invariants(model, real)
  }

  toString(): string {
    return this.trouble.at === 0 ? this.name : `${this.name} (${this.trouble.fault} at call ${this.trouble.at})`
  }
}

let counter = 0

const seal = (owner: Owner, trouble: Trouble) =>
  new Step(`seal ${owner}`, trouble, async (model, keyring) => {
    const keys = await handleOf(keyring, owner, { purposes: ['field'] })
    counter += 1
    const text = `value ${counter}`
    const sealed = keys.field(NOTE).seal(text, { row: '1' })
    const keyId = inspectSealed(sealed)?.keyId as string
    // INVARIANT: nothing is sealed with a key that was revoked or destroyed.
    expect([model.revoked.has(keyId), model.destroyed.has(keyId)]).toEqual([false, false])
    return () => void model.values.push({ owner, sealed, keyId, text })
  })

const rotate = (owner: Owner, trouble: Trouble) =>
  new Step(`rotate ${owner}`, trouble, async (_, keyring) => {
    await keyring.rotate({ ...split(owner), purpose: 'field' })
    return undefined
  })

const revoke = (owner: Owner, pick: number, trouble: Trouble) => {
  let keyId = ''
  return new Step(
    `revoke ${owner}`,
    trouble,
    async (model, keyring, real) => {
      const { tenant, subject } = split(owner)
      const keys = (await real.store.list(tenant, subject ?? null)).filter(
        ({ state }) => state === 'active' || state === 'retiring',
      )
      keyId = keys[pick % Math.max(keys.length, 1)]?.id ?? ''
      if (keyId === '') return undefined
      await keyring.revoke({ tenant, keyId })
      return () => void model.revoked.add(keyId)
    },
    (model) => void model.unsure.add(keyId),
  )
}

const destroy = (owner: Owner, trouble: Trouble) => {
  let concerned: readonly string[] = []
  return new Step(
    `destroy ${owner}`,
    trouble,
    async (model, keyring, real) => {
      const { tenant, subject } = split(owner)
      const records = (await real.store.records()).filter((record) => record.tenant === tenant)
      concerned = records.filter((record) => subject === undefined || record.subject === subject).map(({ id }) => id)
      const done = await keyring.destroy(request(split(owner)))
      if (done.status !== 'destroyed') throw new Error(done.status)
      expect(done.document.keys.map(({ id }) => id)).toEqual(concerned)
      return () => {
        for (const id of concerned) model.destroyed.add(id)
      }
    },
    (model) => {
      for (const id of concerned) model.begun.add(id)
    },
  )
}

const rewrap = (kekToo: boolean, trouble: Trouble) =>
  new Step(kekToo ? 'rotate KEK and rewrap' : 'rewrap', trouble, async (_, keyring, real) => {
    if (kekToo) real.kms.rotate()
    await keyring.rewrap()
    return undefined
  })

const backup = () =>
  new Step('backup', { at: 0, fault: 'before' }, async (model, _, real) => {
    model.backup = { records: await real.store.backup(), revoked: new Set(model.revoked), unsure: new Set(model.unsure) }
    return undefined
  })

const restore = () =>
  new Step('restore', { at: 0, fault: 'before' }, async (model, _, real) => {
    if (model.backup === undefined) return undefined
    await real.store.restore(model.backup.records)
    real.troubled.evict()
    const ids = new Set(model.backup.records.map(({ id }) => id))
    // A restore loses what is younger than the backup, and forgets revocations; it must not forget destructions.
    model.values = model.values.filter(({ keyId }) => ids.has(keyId))
    model.revoked = new Set(model.backup.revoked)
    model.unsure = new Set(model.backup.unsure)
    return undefined
  })

const guard = (trouble: Trouble) =>
  new Step('restore guard', trouble, async (_, keyring) => {
    await keyring.restoreGuard()
    return undefined
  })

const evict = () =>
  new Step('evict', { at: 0, fault: 'before' }, async (_, keyring) => {
    keyring.evict()
    return undefined
  })

const trouble: fc.Arbitrary<Trouble> = fc.record({
  at: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 25 }) }),
  fault: fc.constantFrom<Fault>('before', 'after', 'foreign', 'nonsense'),
})
const owner = fc.constantFrom(...owners)

it(
  'S19 S90 S91 S121 whatever is done in whatever order, and wherever it is cut off: one key seals, what is revoked or destroyed never opens, and nothing else is lost',
  async () => {
    const commands = fc.commands(
      [
        fc.tuple(owner, trouble).map(([who, t]) => seal(who, t)),
        fc.tuple(owner, trouble).map(([who, t]) => seal(who, t)),
        fc.tuple(owner, trouble).map(([who, t]) => rotate(who, t)),
        fc.tuple(owner, fc.nat({ max: 5 }), trouble).map(([who, pick, t]) => revoke(who, pick, t)),
        fc.tuple(owner, trouble).map(([who, t]) => destroy(who, t)),
        fc.tuple(fc.boolean(), trouble).map(([kekToo, t]) => rewrap(kekToo, t)),
        fc.constant(null).map(backup),
        fc.constant(null).map(restore),
        trouble.map(guard),
        fc.constant(null).map(evict),
      ],
      { maxCommands: 30, size: 'max' },
    )
    await fc.assert(
      fc.asyncProperty(commands, async (steps) => {
        const setup = async () => ({
          model: {
            values: [],
            revoked: new Set(),
            unsure: new Set(),
            destroyed: new Set(),
            begun: new Set(),
            backup: undefined,
          } as Model,
          real: await world(),
        })
        await fc.asyncModelRun(setup, steps)
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 2000 : 15 },
    )
  },
  process.env.PHI_LONG === '1' ? 3_600_000 : 120_000,
)
