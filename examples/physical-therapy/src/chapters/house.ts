import assert from 'node:assert/strict'
import { inspectSealed } from '@phi/envelope'
import { type Chapter, rotateDue } from '@phi/example-platform'
import { DAY, fresh, got, NORTH, sent, today, type World } from '../world.ts'

interface Open {
  readonly open: readonly { readonly code: string; readonly control?: string; readonly owner?: string; readonly due?: string }[]
}
type Entry = Readonly<Record<string, unknown>>
const SYS = { purpose: 'HSYSADMIN', method: 'PUT' as const }

const later = (day: string, days: number): string => new Date(Date.parse(day) + days * DAY).toISOString().slice(0, 10)
const proof = (id: string, asOf: string) => [{ id, asOf }]

/** What is open of these controls, as the register says it. */
async function openOf({ people: { vera } }: World, ...controls: readonly string[]): Promise<readonly string[]> {
  const { open } = await got<Open>(vera, '/safeguards/findings', 200, 'HSYSADMIN')
  return open.filter(({ control }) => controls.includes(control ?? '')).map(({ control, code }) => `${control}: ${code}`)
}

const enter = (world: World, id: string, entry: Entry) => {
  const asOf = today(world)
  const whole = {
    ...{
      control: id,
      responsible: 'provider',
      status: 'in-place',
      owner: 'security officer',
      asOf,
      reviewBy: later(asOf, 365),
    },
    ...{ evidence: proof(`${id}-file`, asOf), ...entry },
  }
  return sent(world.people.vera, `/safeguards/entries/${id}`, whole, SYS)
}

/** Open before, entered with owner and evidence, closed after: the register follows what people write down. */
async function entered(world: World, entries: Readonly<Record<string, Entry>>): Promise<string> {
  const controls = Object.keys(entries)
  assert.deepEqual([...(await openOf(world, ...controls))].sort(), controls.map((each) => `${each}: no-entry`).sort())
  for (const [id, entry] of Object.entries(entries)) await enter(world, id, { ...entry, evidence: [] })
  const bare = await openOf(world, ...controls)
  assert.deepEqual([...bare].sort(), controls.map((each) => `${each}: no-evidence`).sort())
  for (const [id, entry] of Object.entries(entries)) await enter(world, id, entry)
  assert.deepEqual(await openOf(world, ...controls), [])
  return `${controls.length} controls: no-entry, then no-evidence, then nothing open`
}

export const houseChapter: Chapter<World> = {
  title: 'Spring and summer: the platform’s own house',
  steps: [
    {
      shows: ['S101', 'C10'],
      what: 'Vera names the Privacy Officer and the Security Officer, who report to leadership: with an owner and evidence, not with a tick',
      async act(world) {
        await fresh(world.people.vera)
        return entered(world, {
          'privacy-officer': { owner: 'leadership' },
          'security-officer': { owner: 'leadership' },
          'officers-report-to-leadership': { owner: 'leadership' },
        })
      },
    },
    {
      shows: ['S102'],
      what: 'A new colleague gets no production access before training and a clear background; a year later the training has run out',
      async act(world) {
        const { platform, people } = world
        const at = '/safeguards/members/w-17'
        const access = async () =>
          got<{ outcome: string; reasons: readonly string[] }>(
            people.vera,
            '/safeguards/production-access/w-17',
            200,
            'HSYSADMIN',
          )
        assert.deepEqual((await access()).reasons, ['not-on-record'])
        const hired = today(world)
        const person = { hired }
        await sent(people.vera, at, person, SYS)
        assert.deepEqual(new Set((await access()).reasons), new Set(['check-missing', 'training-missing']))
        const topics = ['privacy', 'security-awareness', 'secure-messaging', 'incident-reporting']
        const trainings = [{ on: hired, topics, evidence: { id: 'course-9', asOf: hired } }]
        await sent(people.vera, at, { ...person, trainings }, SYS)
        assert.deepEqual((await access()).reasons, ['check-missing'])
        const backgroundChecks = [{ on: hired, outcome: 'clear', evidence: { id: 'check-3', asOf: hired } }]
        await sent(people.vera, at, { ...person, trainings, backgroundChecks }, SYS)
        assert.equal((await access()).outcome, 'allow')
        const now = platform.clock()
        platform.clock.advance(366 * DAY)
        await fresh(people.vera)
        const after = await access()
        platform.clock.set(now)
        await fresh(people.vera)
        assert.deepEqual([after.outcome, new Set(after.reasons)], ['deny', new Set(['training-expired'])])
        await entered(world, {
          'workforce-training': { parameter: { topics }, every: 'yearly', lastDone: hired },
          'background-check': {},
          'access-after-training': {},
        })
        return 'unknown: no. hired: no. trained: no. trained and cleared: yes. a year on: no, training-expired'
      },
    },
    {
      shows: ['S103', 'C10'],
      what: 'The yearly risk analysis has findings with owners and days; a big change asks for a new one, and leadership has to look',
      async act(world) {
        const { vera } = world.people
        const on = today(world)
        const at = '/safeguards/analyses/ra-1'
        const open = async () =>
          (await got<Open>(vera, '/safeguards/risks/ra-1', 200, 'HSYSADMIN')).open.map(({ code }) => code)
        const item = { id: 'fix-1', action: 'Encrypt the export bucket', owner: 'infrastructure', due: later(on, 30) }
        const risk = {
          id: 'risk-1',
          title: 'Open exports',
          likelihood: 'moderate',
          impact: 'high',
          owner: 'security officer',
          found: on,
        }
        const analysis = {
          ...{ performedOn: on, performedBy: 'security officer', scope: ['database', 'object store'], usesAi: false },
          ...{ evidence: proof('ra-2026', on), risks: [{ ...risk, remediation: [item] }] },
        }
        await sent(vera, at, { ...analysis, risks: [risk] }, SYS)
        assert.deepEqual(await open(), ['not-reviewed', 'no-remediation'])
        await sent(vera, at, { ...analysis, reviewedByLeadership: on }, SYS)
        assert.deepEqual(await open(), ['remediation-open'])
        const done = { ...item, doneOn: on, evidence: proof('change-77', on) }
        const closed = { ...analysis, reviewedByLeadership: on, risks: [{ ...risk, remediation: [done] }] }
        await sent(vera, at, closed, SYS)
        assert.deepEqual(await open(), [])
        await sent(vera, at, { ...closed, changes: [{ on, what: 'a new region' }] }, SYS)
        assert.deepEqual(await open(), ['change-not-analysed'])
        await sent(vera, at, closed, SYS)
        const now = world.platform.clock()
        world.platform.clock.advance(366 * DAY)
        await fresh(vera)
        const nextYear = await open()
        world.platform.clock.set(now)
        await fresh(vera)
        assert.deepEqual(nextYear, ['analysis-overdue'])
        await entered(world, { 'risk-analysis': { every: 'yearly', lastDone: on }, 'risk-remediation': {} })
        return 'no-remediation, then remediation-open, then nothing; after a change change-not-analysed, after a year analysis-overdue'
      },
    },
    {
      shows: ['S104'],
      what: 'The contingency plan has its objectives and is tested each quarter; a quarter without a test is an open point',
      async act(world) {
        const recovery = { recoveryTime: { hours: 4 }, recoveryPoint: { hours: 1 } }
        const test = { parameter: recovery, every: 'quarterly', lastDone: today(world) }
        const seen = await entered(world, {
          'contingency-plan': { parameter: recovery },
          'contingency-test': test,
          'backup-zones': {},
        })
        const { platform, people } = world
        const now = platform.clock()
        platform.clock.advance(95 * DAY)
        await fresh(people.vera)
        const late = await openOf(world, 'contingency-test')
        platform.clock.set(now)
        await fresh(people.vera)
        assert.deepEqual(late, ['contingency-test: not-repeated'])
        return `${seen}; 95 days later: not-repeated`
      },
    },
    {
      shows: ['S105'],
      what: 'The data centers’ attestations are on file by name; with one of them missing the register says that it is weaker than promised',
      async act(world) {
        const names = ['SOC 2 Type II', 'ISO 27001', 'ISO 27017']
        const seen = await entered(world, { 'facility-attestations': { parameter: { names } }, 'facility-entry': {} })
        await enter(world, 'facility-attestations', { parameter: { names: names.slice(0, 2) } })
        assert.deepEqual(await openOf(world, 'facility-attestations'), ['facility-attestations: parameter-weaker'])
        await enter(world, 'facility-attestations', { parameter: { names } })
        return `${seen}; without ISO 27017: parameter-weaker`
      },
    },
    {
      shows: ['S106'],
      what: 'Workstations: managed, encrypted, locking, wiped from afar, with no data on them',
      act: (world) =>
        entered(world, {
          'workstation-management': {},
          'disk-encryption': {},
          'screen-lock': { parameter: { minutes: 5 } },
          'remote-wipe': {},
          'no-local-data': {},
        }),
    },
    {
      shows: ['S107'],
      what: 'A personal phone that reaches production, a laptop without encryption, and one that was not wiped when its holder left are found',
      async act(world) {
        const { vera } = world.people
        const on = today(world)
        const open = async () =>
          (
            await got<{ open: readonly { code: string; device: string }[] }>(vera, '/safeguards/devices', 200, 'HSYSADMIN')
          ).open.map(({ code, device }) => `${device}: ${code}`)
        const put = (id: string, device: Entry) => sent(vera, `/safeguards/devices/${id}`, device, SYS)
        await sent(vera, '/safeguards/members/w-5', { hired: '2024-01-01', separated: on }, SYS)
        await put('phone-1', { owned: 'personal', holder: 'w-17', reachesProduction: true })
        await put('laptop-1', { owned: 'house', holder: 'w-17', encrypted: false, evidence: proof('mdm', on) })
        await put('laptop-2', { owned: 'house', holder: 'w-5', encrypted: true, evidence: proof('mdm', on) })
        const found = await open()
        assert.deepEqual([...found].sort(), [
          'laptop-1: not-encrypted',
          'laptop-2: not-wiped',
          'phone-1: personal-device-in-production',
        ])
        await put('phone-1', { owned: 'personal', holder: 'w-17', reachesProduction: false })
        await put('laptop-1', { owned: 'house', holder: 'w-17', encrypted: true, evidence: proof('mdm', on) })
        await put('laptop-2', { owned: 'house', holder: 'w-5', encrypted: true, wipedOn: on, evidence: proof('mdm', on) })
        assert.deepEqual(await open(), [])
        await entered(world, { 'personal-devices-barred': {}, 'device-inventory': {}, 'wipe-on-separation': { lastDone: on } })
        return `${found.join('; ')}; put right: nothing open`
      },
    },
    {
      shows: ['S110', 'S87', 'C8'],
      what: 'Logoff of the platform after 30 minutes and a screen that locks are two controls: the one does not stand for the other',
      async act(world) {
        await entered(world, {
          'platform-logoff': { parameter: { minutes: world.profile.session.idleMinutes } },
          'encryption-in-transit': { parameter: { minimumVersion: '1.3' } },
          'encryption-at-rest': { parameter: { algorithm: 'AES-256' } },
          'document-checksums': {},
        })
        await enter(world, 'screen-lock', { status: 'not-in-place', due: later(today(world), 30), evidence: [] })
        await enter(world, 'encryption-in-transit', { parameter: { minimumVersion: '1.2' } })
        const open = await openOf(world, 'platform-logoff', 'screen-lock', 'encryption-in-transit')
        assert.deepEqual([...open].sort(), ['encryption-in-transit: parameter-weaker', 'screen-lock: not-in-place'])
        await enter(world, 'screen-lock', { parameter: { minutes: 5 } })
        await enter(world, 'encryption-in-transit', { parameter: { minimumVersion: '1.3' } })
        const { open: rest } = await got<Open>(world.people.vera, '/safeguards/findings', 200, 'HSYSADMIN')
        assert.deepEqual(rest, [])
        return `${open.join('; ')}; put right, nothing of the whole register is open`
      },
    },
    {
      shows: ['S136', 'S113'],
      what: 'Olga takes the compliance package: what a customer may have at once, the penetration test under an NDA. A file that was changed is not handed out',
      async act(world) {
        const { safeguards, people } = world
        const { vera, olga } = people
        await fresh(olga)
        interface Package {
          readonly missing: readonly string[]
          readonly documents: readonly { readonly id: string; readonly sha256: string }[]
          readonly withheld: readonly { readonly kind: string }[]
        }
        const load = () => got<Package>(olga, '/compliance-package', 200, 'HSYSADMIN')
        assert.deepEqual((await load()).missing, ['security-assessment-summary', 'penetration-test-summary'])
        const paper = (id: string, kind: string, level: string) =>
          sent(
            vera,
            '/safeguards/documents',
            {
              id,
              kind,
              title: id,
              dated: '2026-03-01',
              validUntil: '2027-03-01',
              level,
              text: Buffer.from(`text of ${id}`).toString('base64'),
            },
            { purpose: 'HSYSADMIN', status: 201 },
          )
        await paper('assessment', 'security-assessment-summary', 'customer')
        await paper('pentest', 'penetration-test-summary', 'nda')
        const first = await load()
        assert.deepEqual(
          [first.missing, first.documents.map(({ id }) => id), first.withheld.map(({ kind }) => kind)],
          [[], ['assessment', 'overview'], ['penetration-test-summary']],
        )
        assert.equal((await olga.ask('/compliance-package/pentest')).status, 404)
        await sent(olga, '/safeguards/nda', undefined, { purpose: 'HSYSADMIN' })
        const download = await olga.ask('/compliance-package/pentest')
        assert.deepEqual([download.status, download.text], [200, 'text of pentest'])
        const place = 'platform/pentest'
        const kept = safeguards.objects.get(place) as Uint8Array
        // A properly sealed file of another content, put in its place: only the checksum can tell.
        const files = (await world.platform.keyring.tenant('platform')).files({ collection: 'document' })
        safeguards.objects.set(place, files.seal(Buffer.from('all is well'), { file: 'pentest' }))
        const swapped = await olga.ask('/compliance-package/pentest')
        safeguards.objects.set(
          place,
          kept.map((byte, index) => (index === kept.length - 1 ? byte ^ 1 : byte)),
        )
        const flipped = await olga.ask('/compliance-package/pentest')
        safeguards.objects.set(place, kept)
        assert.deepEqual([swapped.status, flipped.status], [409, 409])
        return 'two missing, then whole; the test only after the NDA; a swapped file and a changed byte: 409'
      },
    },
    {
      shows: ['S90'],
      what: 'Ninety days on the data keys are rotated by themselves: new records are sealed with new keys, old ones still open',
      async act({ platform, profile, people: { ann, olga } }) {
        const keyOf = async (id: string) => {
          const { rows } = await platform.db.query<{ sealed: string }>(
            'select sealed from record where tenant = $1 and id = $2',
            [NORTH, id],
          )
          return inspectSealed(rows[0]?.sealed ?? '')?.keyId
        }
        assert.equal(profile.encryption.rotateDays, 90)
        platform.clock.advance(91 * DAY)
        assert.ok((await rotateDue(platform.keyring)) > 0)
        await fresh(ann, olga)
        await sent(ann, '/plans', { id: 't-2', patient: 'p-1', goals: 'Run' }, { status: 201 })
        platform.clock.advance((profile.encryption.rotateDays - 1) * DAY)
        assert.equal(await rotateDue(platform.keyring), 0)
        platform.clock.advance(2 * DAY)
        const rotated = await rotateDue(platform.keyring)
        assert.ok(rotated > 0)
        await fresh(ann)
        await sent(ann, '/plans', { id: 't-3', patient: 'p-1', goals: 'Jump' }, { status: 201 })
        assert.notEqual(await keyOf('t-3'), await keyOf('t-2'))
        for (const id of ['t-1', 't-2', 't-3']) await got(ann, `/plans/${id}`)
        assert.equal(await rotateDue(platform.keyring), 0)
        return `after 89 days none, after 91 days ${rotated} keys; plans of all three periods open`
      },
    },
  ],
}
