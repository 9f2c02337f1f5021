import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fixedClock } from '@phi/core'
import { type DueKey, type Keyring, subjectDigest, verifyCertificate } from '@phi/envelope'
import { createKeyFile } from '@phi/envelope/local'
import { type Db, keyStore, tombstoneStore } from '@phi/postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAws } from '../../../../envelope/test/kms/aws-server.ts'
import { embeddedMigrated } from '../../../../postgres/test/embedded.ts'
import { phi, type RunOptions } from '../../../test/io.ts'
import { certificateKey, config, env, numbered, recorded, secret, serviceKeyring } from '../../../test/keys/world.ts'
import type { KeysDestroyAnswer } from './destroy.ts'
import type { KeysReencryptAnswer } from './reencrypt.ts'
import type { KeysRewrapAnswer } from './rewrap.ts'
import type { KeysRotateAnswer } from './rotate.ts'
import type { KeysStatusAnswer } from './status.ts'

let db: Db
let home: string
/** With the audit log. Elsewhere nothing is recorded: each entry takes PGlite a while. */
const AUDITED = '--config audited.json'
/** 113 days before the clock of `phi` in tests. */
const AUGUST = '2026-08-01T00:00:00.000Z'

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'phi-keys-'))
  db = await embeddedMigrated()
  await writeFile(join(home, 'phi.config.json'), JSON.stringify({ ...config, audit: undefined }))
  await writeFile(join(home, 'audited.json'), JSON.stringify(config))
})
afterAll(async () => {
  await db.close()
  await rm(home, { recursive: true })
})

const run = (line: string | readonly string[], options: RunOptions = {}) =>
  phi(line, { cwd: home, env, database: db, ...options })
async function json<Answer>(line: string, options: RunOptions = {}): Promise<{ code: number; answer: Answer }> {
  const { code, stdout } = await run(`${line} --json`, options)
  return { code, answer: JSON.parse(stdout) as Answer }
}
const errorOf = ({ stderr }: { stderr: string }) => stderr.trim().split('\n').at(-1)

/** Another configuration, for one test. */
async function configured(name: string, more: object): Promise<string> {
  await writeFile(join(home, name), JSON.stringify({ ...config, audit: undefined, ...more }))
  return `--config ${name}`
}

/** Opens the keyring of the service for some work. */
async function asService<T>(work: (keyring: Keyring) => Promise<T>, at = AUGUST, kek?: string): Promise<T> {
  const keyring = await serviceKeyring(db, at, kek)
  try {
    return await work(keyring)
  } finally {
    await keyring.close()
  }
}
const makeTenant = (tenant: string, at = AUGUST) => asService((keyring) => keyring.tenant(tenant), at)

describe('phi keys status', () => {
  beforeAll(() => makeTenant('status-a'))

  it('S90 S91 shows a tenant’s keys, their ages, and what is overdue', async () => {
    const { code, stdout, stderr } = await run('keys status --tenant status-a')
    expect([code, stderr]).toEqual([1, ''])
    expect(numbered(stdout)).toMatchInlineSnapshot(`
      "3 keys of status-a need something.

        KEY       PURPOSE  OF      VERSION  STATE        AGE  SEALED
        key-0001  field    tenant        1  active  113 days       0
        key-0002  file     tenant        1  active  113 days       0
        key-0003  index    tenant        1  active  113 days       0

        KEY       PURPOSE  WHAT TO DO  WHY
        key-0001  field    rotate      overdue since 2026-10-30
        key-0002  file     rotate      overdue since 2026-10-30
        key-0003  index    rotate      overdue since 2026-10-30
      "
    `)
  })

  it('S90 a key is due when it is 90 days old, and overdue a moment later', async () => {
    const at = (clock: string) => json<KeysStatusAnswer>('keys status --tenant status-a', { clock: fixedClock(clock) })
    const before = await at('2026-10-29T23:59:59.999Z')
    expect([before.code, before.answer.due, before.answer.everyDays, before.answer.kek]).toEqual([0, [], 90, 'known'])
    const due = await at('2026-10-30T00:00:00.000Z')
    expect([due.code, due.answer.due.map(({ overdue }) => overdue)]).toEqual([1, [false, false, false]])
    const over = await at('2026-10-30T00:00:00.001Z')
    expect([over.code, over.answer.due.map(({ overdue }) => overdue)]).toEqual([1, [true, true, true]])
  })

  it('says the same as the library, and looks ahead with --within', async () => {
    const at = '2026-10-20T00:00:00.000Z'
    const { code, answer } = await json<KeysStatusAnswer>('keys status --tenant status-a --within 20', {
      clock: fixedClock(at),
    })
    expect([code, answer.at, answer.due.map(({ overdue }) => overdue)]).toEqual([
      1,
      '2026-11-09T00:00:00.000Z',
      [false, false, false],
    ])
    await asService(async (keyring) => {
      const due: DueKey[] = []
      for await (const each of keyring.due({ at: answer.at })) due.push(each)
      // Overdue is, for people, what is so now.
      const mine = due
        .filter(({ tenant }) => tenant === 'status-a')
        .map(({ subject, ...each }) => ({ ...each, overdue: false, isSubjects: subject !== null }))
      const byId = (a: { keyId: string }, b: { keyId: string }) => Number(a.keyId > b.keyId) - Number(a.keyId < b.keyId)
      expect([...answer.due].sort(byId)).toEqual(mine.sort(byId))
      expect(answer.keys).toEqual(
        (await keyring.status('status-a')).map(({ subject, ...each }) => ({ ...each, isSubjects: subject !== null })),
      )
    }, at)
  })

  it('S90 another cadence stands in the configuration', async () => {
    const yearly = await configured('yearly.json', { envelope: { ...config.envelope, rotation: { everyDays: 365 } } })
    expect((await run(`keys status --tenant status-a ${yearly}`)).stdout).toContain('none is older than 365 days')
  })

  it('counts the keys of all tenants', async () => {
    await makeTenant('status-b', '2026-11-20T12:00:00.000Z')
    const { code, stdout } = await run('keys status --all')
    expect(code).toBe(1)
    expect(numbered(stdout)).toMatchInlineSnapshot(`
      "3 keys of 2 tenants need something.

        TENANT    KEYS  ACTIVE  RETIRING  REVOKED  ENDING    OLDEST
        status-a     3       3         0        0       0  113 days
        status-b     3       3         0        0       0    2 days

        TENANT    KEY       PURPOSE  WHAT TO DO  WHY
        status-a  key-0001  field    rotate      overdue since 2026-10-30
        status-a  key-0002  file     rotate      overdue since 2026-10-30
        status-a  key-0003  index    rotate      overdue since 2026-10-30
      "
    `)
  })

  it('S90 what cannot be told is "not known", and never well', async () => {
    const none = await configured('no-kms.json', { envelope: undefined })
    const { code, stdout } = await run(`keys status --tenant status-b ${none}`)
    expect(code).toBe(3)
    expect(numbered(stdout)).toMatchInlineSnapshot(`
      "No data key of status-b is due: none is older than 90 days. Whether they are
      wrapped under the current KEK is not known.

        KEY       PURPOSE  OF      VERSION  STATE      AGE  SEALED
        key-0001  field    tenant        1  active  2 days       0
        key-0002  file     tenant        1  active  2 days       0
        key-0003  index    tenant        1  active  2 days       0

      The current KEK is unknown: no KMS is configured (PHI_CLI_NOT_CONFIGURED).
      "
    `)
    const vault = { kind: 'vault', address: 'http://127.0.0.1:1', key: 'phi', tokenFrom: 'USER' }
    const away = await configured('away.json', { envelope: { kms: vault } })
    const unreached = await json<KeysStatusAnswer>(`keys status --tenant status-b ${away}`)
    expect([unreached.code, unreached.answer.kek, unreached.answer.kekCode]).toEqual([
      3,
      'unknown',
      'PHI_ENVELOPE_KMS_UNAVAILABLE',
    ])
    const wrong = await json<KeysStatusAnswer>('keys status --tenant status-b', { env: { ...env, PHI_KEK: 'changeme' } })
    expect([wrong.code, wrong.answer.kekCode]).toEqual([3, 'PHI_ENVELOPE_KEY_SIZE'])
    // What is certain comes first.
    expect((await run(`keys status --tenant status-a ${none}`)).code).toBe(1)
  })

  it('names no patient', async () => {
    await asService(async (keyring) => (await keyring.tenant('status-c')).subject('patient-7731'))
    for (const format of ['', ' --json']) {
      const { stdout } = await run(`keys status --tenant status-c${format}`)
      expect(stdout).not.toContain('patient-7731')
      expect(stdout).toContain(format === '' ? 'patient' : '"isSubjects": true')
    }
  })

  it('takes no folder for tombstones in which there is no database', async () => {
    const line = await configured('apart.json', { envelope: { ...config.envelope, tombstones: { embedded: 'mistyped' } } })
    const refused = await run(`keys rotate --tenant status-a ${line}`)
    expect([refused.code, errorOf(refused)]).toEqual([4, 'PHI_CLI_FILE'])
    expect(refused.stderr).toContain('envelope.tombstones')
  })

  it('a tenant without keys, one that is none, and an unclear scope', async () => {
    const empty = await run('keys status --tenant nobody')
    expect([empty.code, empty.stdout]).toEqual([3, 'nobody has no keys in this store.\n'])
    expect(errorOf(await run(['keys', 'status', '--tenant', 'Clinic A']))).toBe('PHI_CORE_TENANT')
    expect((await run('keys status')).code).toBe(2)
    expect((await run('keys status --all --tenant status-a')).code).toBe(2)
    expect((await run('keys status --all --within soon')).code).toBe(2)
  })

  it('colour carries nothing that the words do not say', async () => {
    const plain = await run('keys status --tenant status-a')
    const coloured = await run('keys status --tenant status-a', { terminal: true })
    expect(coloured.stdout).toContain('\u001b[31m')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC
    expect(coloured.stdout.replace(/\u001b\[\d+m/g, '')).toBe(plain.stdout)
    for (const line of plain.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('stops at Ctrl-C, and when nobody reads', async () => {
    expect((await run('keys status --all', { signal: AbortSignal.abort() })).code).toBe(130)
    expect((await run('keys status --all', { closedAfter: 0 })).code).toBe(130)
  })
})

describe('phi keys rotate', () => {
  it('S19 S90 S91 makes new keys for one tenant, which seal from now on, and records them', async () => {
    await makeTenant('rotate-a')
    await makeTenant('rotate-b')
    const { code, stdout, stderr } = await run(`keys rotate --tenant rotate-a --reason quarterly ${AUDITED}`)
    expect([code, stderr]).toEqual([0, ''])
    expect(numbered(stdout)).toMatchInlineSnapshot(`
      "3 new keys seal from now on.

        TENANT    PURPOSE  NEW KEY   VERSION  ONLY OPENS
        rotate-a  field    key-0001        2  key-0002
        rotate-a  file     key-0003        2  key-0004
        rotate-a  index    key-0005        2  key-0006

      Recorded in the audit log.

      Fields: seal anew with phi keys reencrypt, table by table. Old values open until
      then.
      Files: old ones open under the old key; write them anew where they are to leave
      it.
      Indexes: searches find old and new terms; reindex of @phi/envelope writes the
      old ones anew.
      "
    `)
    await asService(async (keyring) => {
      expect((await keyring.status('rotate-a')).map(({ version, state }) => `${version} ${state}`)).toEqual(
        ['field', 'file', 'index'].flatMap(() => ['1 retiring', '2 active']),
      )
      expect((await keyring.status('rotate-b')).map(({ state }) => state)).toEqual(['active', 'active', 'active'])
    })
    const mine = (await recorded(db)).filter(({ context }) => context?.details?.tenant === 'rotate-a')
    expect(mine.map(({ action, outcome, actor }) => [action, outcome, actor?.id])).toEqual(
      Array(3).fill(['key-rotate', 'success', 'ops']),
    )
    expect(mine[0]?.context).toMatchObject({
      reason: 'quarterly',
      details: { purpose: 'field', of: 'tenant', version: 2, outcome: 'rotated' },
    })
  })

  it('S90 with --due only what is due, and the second time nothing', async () => {
    await makeTenant('due-old')
    await makeTenant('due-new', '2026-11-20T00:00:00.000Z')
    const first = await json<KeysRotateAnswer>('keys rotate --all --due --subjects --actor job --actor-type service')
    expect(first.code).toBe(0)
    const tenants = new Set(first.answer.rotated.map(({ tenant }) => tenant))
    expect([tenants.has('due-old'), tenants.has('due-new'), tenants.has('rotate-a')]).toEqual([true, false, false])
    const second = await run('keys rotate --all --due --subjects')
    expect([second.code, second.stdout.split('\n')[0]]).toEqual([0, 'Nothing is due: no key was made.'])
    expect((await json<KeysStatusAnswer>('keys status --all')).code).toBe(0)
    const mistyped = await run('keys rotate --tenant due-odl --due')
    expect([mistyped.code, mistyped.stdout.split('\n')[0]]).toEqual([1, 'There are no keys to rotate.'])
  })

  it('one purpose, and one patient, whose id comes out of a file', async () => {
    await asService(async (keyring) => (await keyring.tenant('rotate-p')).subject('patient-7731'))
    const one = await json<KeysRotateAnswer>('keys rotate --tenant rotate-p --purpose file')
    expect(one.answer.rotated.map(({ purpose, isSubjects }) => [purpose, isSubjects])).toEqual([['file', false]])
    const patient = await json<KeysRotateAnswer>('keys rotate --tenant rotate-p --subject-file - --config audited.json', {
      stdin: 'patient-7731\n',
    })
    expect(patient.answer.rotated.map(({ purpose, isSubjects }) => [purpose, isSubjects])).toEqual([
      ['field', true],
      ['file', true],
    ])
    const stranger = await run('keys rotate --tenant rotate-p --subject-file -', { stdin: 'patient-1' })
    expect([stranger.code, stranger.stdout.trim()]).toEqual([1, 'There are no keys to rotate.'])
    expect((await run('keys rotate --all --subject-file -', { stdin: 'patient-7731' })).code).toBe(2)
    expect(errorOf(await run('keys rotate --tenant rotate-p --subject-file -', { stdin: 'a\nb\n' }))).toBe(
      'PHI_CLI_FILE_CONTENT',
    )
    expect(JSON.stringify(await recorded(db))).not.toContain('patient-7731')
  })

  it('changes nothing where it could not be recorded, where nobody acts, and without a KMS', async () => {
    const before = await keyStore(db).list('rotate-b', null)
    const unsigned = await configured('unsigned.json', { audit: { ...config.audit, signerFrom: 'MISSING' } })
    expect(errorOf(await run(`keys rotate --tenant rotate-b ${unsigned}`))).toBe('PHI_CLI_NOT_CONFIGURED')
    const { USER: _, ...nobody } = env
    expect((await run(`keys rotate --tenant rotate-b ${AUDITED}`, { env: nobody })).code).toBe(2)
    expect(errorOf(await run(['keys', 'rotate', '--tenant', 'rotate-b', '--actor', ' x', ...AUDITED.split(' ')]))).toBe(
      'PHI_CORE_ACTOR',
    )
    const none = await configured('none.json', { envelope: undefined })
    expect(errorOf(await run(`keys rotate --tenant rotate-b ${none}`))).toBe('PHI_CLI_NOT_CONFIGURED')
    // A secret of 32 bytes, and not the one that wraps these keys.
    const other = await json<KeysRotateAnswer>('keys rotate --tenant rotate-b', { env: { ...env, PHI_KEK: secret(99) } })
    expect([other.code, other.answer.rotated, other.answer.failed.map(({ code }) => code)]).toEqual([
      1,
      [],
      Array(3).fill('PHI_ENVELOPE_KMS_KEY_UNUSABLE'),
    ])
    const after = await keyStore(db).list('rotate-b', null)
    expect(after).toEqual(before)
  })

  it('stops between two keys at Ctrl-C, and says what is left', async () => {
    await makeTenant('rotate-stop')
    const stop = new AbortController()
    const stopping: Db = {
      ...db,
      query: (sql, params) => {
        if (sql.includes('phi.key_insert')) stop.abort()
        return db.query(sql, params)
      },
    }
    const { code, stdout } = await run('keys rotate --tenant rotate-stop', { database: stopping, signal: stop.signal })
    expect(code).toBe(130)
    expect(stdout).toContain('Stopped with 2 places left.')
    const rest = await json<KeysRotateAnswer>('keys rotate --tenant rotate-stop --due')
    expect([rest.code, rest.answer.rotated.length]).toEqual([0, 2])
  })

  it('a key that was revoked has a successor, and one whose destruction was approved has none', async () => {
    await makeTenant('revoked-a')
    await asService(async (keyring) => {
      const [field] = await keyring.status('revoked-a')
      await keyring.revoke({ tenant: 'revoked-a', keyId: field?.id ?? '' })
    })
    const { code, answer } = await json<KeysRotateAnswer>('keys rotate --tenant revoked-a --due --purpose field')
    expect([code, answer.rotated.map(({ version }) => version)]).toEqual([0, [2]])
  })

  it('S19 what was made and could not be recorded is said, ends the run, and is not well', async () => {
    await makeTenant('unheard')
    // The log can be read when the command begins, and takes nothing.
    const rename = async (from: string, to: string) => {
      const sql = `select format('alter function %s rename to ${to}', oid::regprocedure) as sql from pg_proc where proname = '${from}'`
      for (const { sql: statement } of (await db.query<{ sql: string }>(sql, [])).rows) await db.exec(statement)
    }
    await rename('audit_extend', 'audit_extend_away')
    try {
      const { code, stdout } = await run(`keys rotate --tenant unheard ${AUDITED}`)
      expect([code, stdout.split('\n')[0]]).toEqual([4, '1 new key seals from now on.'])
      expect(stdout.replace(/\n/g, ' ')).toMatch(/the audit log did not take all of it \(PHI_[A-Z_]+\)/)
    } finally {
      await rename('audit_extend_away', 'audit_extend')
    }
    expect((await json<KeysRotateAnswer>('keys rotate --tenant unheard --due')).answer.rotated.length).toBe(2)
  })

  it('without an audit log it says that nothing was recorded', async () => {
    const { stdout } = await run('keys rotate --tenant rotate-b --purpose index')
    expect(stdout).toContain('Not recorded: the configuration names no audit log.')
  })
})

describe('phi keys rewrap', () => {
  it('S19 moves keys from one secret to another, and says when the old one is still needed', async () => {
    await makeTenant('rewrap-a', '2026-11-20T00:00:00.000Z')
    const moved = { kekFrom: 'PHI_KEK_NEW', formerKeksFrom: ['PHI_KEK'] }
    const both = await configured('both.json', { envelope: moved, audit: config.audit })
    const alone = await configured('alone.json', { envelope: { kekFrom: 'PHI_KEK_NEW' }, audit: config.audit })
    const status = await json<KeysStatusAnswer>(`keys status --tenant rewrap-a ${both}`)
    expect([status.code, new Set(status.answer.due.map(({ action, reason }) => `${action} ${reason}`))]).toEqual([
      1,
      new Set(['rewrap kek-rotated']),
    ])

    const without = await run(`keys rewrap --tenant rewrap-a ${alone}`)
    expect(without.code).toBe(1)
    expect(numbered(without.stdout)).toMatchInlineSnapshot(`
      "3 keys are still under another KEK, or nobody knows: 0 keys wrapped anew, 0 were
      under the current KEK already.

        KEY       WHY NOT
        key-0001  PHI_ENVELOPE_KMS_KEY_UNUSABLE
        key-0002  PHI_ENVELOPE_KMS_KEY_UNUSABLE
        key-0003  PHI_ENVELOPE_KMS_KEY_UNUSABLE

      Recorded in the audit log.
      "
    `)

    const { code, stdout } = await run(`keys rewrap --tenant rewrap-a ${both}`)
    expect(code).toBe(0)
    expect(stdout).toMatchInlineSnapshot(`
      "Every key is under the current KEK: 3 keys wrapped anew, 0 were under the
      current KEK already.

      Recorded in the audit log.

      Backups of the key store still hold keys under the former KEK. Keep it until
      they expire, or until their loss is meant.
      "
    `)
    expect((await json<KeysStatusAnswer>(`keys status --tenant rewrap-a ${alone}`)).code).toBe(0)
    await asService(
      async (keyring) => expect((await keyring.tenant('rewrap-a')).tenant).toBe('rewrap-a'),
      '2026-11-21T00:00:00.000Z',
      env.PHI_KEK_NEW,
    )
    const last = (await recorded(db)).at(-1)
    expect([last?.action, last?.context?.details]).toMatchObject(['key-rotate', { step: 'rewrap', rewrapped: 3, remaining: 0 }])
    // Back again, so that the other tenants' keys and these lie under one KEK.
    const back = await configured('back.json', { envelope: { kekFrom: 'PHI_KEK', formerKeksFrom: ['PHI_KEK_NEW'] } })
    expect((await json<KeysRewrapAnswer>(`keys rewrap --all ${back}`)).answer).toMatchObject({ rewrapped: 3, remaining: 0 })
  })

  it('stops at Ctrl-C with what was done, and goes on', async () => {
    await makeTenant('rewrap-stop', '2026-11-20T00:00:00.000Z')
    const both = await configured('both-stop.json', { envelope: { kekFrom: 'PHI_KEK_NEW', formerKeksFrom: ['PHI_KEK'] } })
    const stop = new AbortController()
    const stopping: Db = {
      ...db,
      query: (sql, params) => {
        if (sql.includes('phi.key_replace')) stop.abort()
        return db.query(sql, params)
      },
    }
    const first = await run(`keys rewrap --tenant rewrap-stop ${both}`, { database: stopping, signal: stop.signal })
    expect(first.code).toBe(130)
    const [, after = ''] = /Go on with --after ([0-9a-f]{8})/.exec(first.stdout.replace(/\n/g, ' ')) ?? []
    const rest = await json<KeysRewrapAnswer>(`keys rewrap --tenant rewrap-stop --after ${after} ${both}`)
    expect([rest.code, rest.answer.rewrapped]).toEqual([0, 2])
    expect(errorOf(await run(`keys rewrap --tenant rewrap-stop --after nonsense ${both}`))).toBe('PHI_ENVELOPE_OPTIONS')
  })

  it('S19 S90 with a key file: the KEK is rotated in it, and the data keys follow', async () => {
    await createKeyFile(join(home, 'keks.json'), { secret: env.PHI_KEK })
    const file = { kind: 'file', path: 'keks.json', secretFrom: 'PHI_KEK' }
    const own = await configured('file.json', { envelope: { kms: file }, audit: config.audit })
    await asFile((keyring) => keyring.tenant('file-a'))
    const rotated = await run(`keys rotate --kek ${own}`)
    expect([rotated.code, rotated.stdout.replace(/local:[0-9a-f]{16}/, 'local:…')]).toEqual([
      0,
      'New keys are wrapped under local:… from now on.\nRecorded in the audit log.\nNext: phi keys rewrap --all\n',
    ])
    expect((await json<KeysStatusAnswer>(`keys status --tenant file-a ${own}`)).answer.due.map(({ action }) => action)).toEqual(
      ['rewrap', 'rewrap', 'rewrap'],
    )
    expect((await json<KeysRewrapAnswer>(`keys rewrap --tenant file-a ${own}`)).answer).toMatchObject({
      rewrapped: 3,
      remaining: 0,
      recorded: true,
    })
    expect(errorOf(await run('keys rotate --kek'))).toBe('PHI_CLI_NOT_CONFIGURED')
  })
})

async function asFile<T>(work: (keyring: Keyring) => Promise<T>): Promise<T> {
  const { openKeyFile } = await import('@phi/envelope/local')
  const { openKeyring } = await import('@phi/envelope')
  const keyring = await openKeyring({
    kms: await openKeyFile(join(home, 'keks.json'), { secret: env.PHI_KEK }),
    store: keyStore(db),
    clock: fixedClock('2026-11-20T00:00:00.000Z'),
  })
  try {
    return await work(keyring)
  } finally {
    await keyring.close()
  }
}

describe('phi keys reencrypt', () => {
  /** 25 rows with numbers as keys, two of another tenant and one without a body. */
  async function fill(table: string, tenant: string): Promise<void> {
    await db.exec(`create table ${table} (id int primary key, tenant text not null, body text, scan bytea)`)
    await asService(async (keyring) => {
      const mine = await keyring.tenant(tenant)
      const other = await keyring.tenant(`${tenant}-other`)
      for (let id = 1; id <= 25; id++) {
        const keys = id > 23 ? other : mine
        const body = keys.field({ table, column: 'body', type: 'json' }).seal({ text: `made up ${id}` }, { row: String(id) })
        const scan = keys.field({ table, column: 'scan', type: 'bytes' }).sealBytes(new Uint8Array([id]), { row: String(id) })
        await db.query(`insert into ${table} values ($1, $2, $3, decode($4, 'hex'))`, [
          id,
          id > 23 ? `${tenant}-other` : tenant,
          id === 7 ? null : body,
          Buffer.from(scan).toString('hex'),
        ])
      }
    })
  }
  const columns = '--id id --column body:json --column scan:bytes'

  it('S19 S90 seals text and bytes anew under the new key, in the order of the key, and only one tenant’s', async () => {
    await fill('note', 'seal-a')
    await run('keys rotate --tenant seal-a --purpose field')
    const { rows: before } = await db.query<{ id: number; body: string | null }>(
      'select id, body from note where id > 23 order by id',
      [],
    )
    const { code, stdout, stderr } = await run(
      `keys reencrypt --tenant seal-a --tenant-column tenant --table note ${columns} --batch 4`,
    )
    expect([code, stderr]).toEqual([0, ''])
    expect(numbered(stdout)).toMatchInlineSnapshot(`
      "Every value is under the active key: 23 rows sealed anew.

        rows read                               46
        passes                                   2
        changed by others meanwhile              0
        values under key-0001 in the last pass  45

      Not recorded: the configuration names no audit log.
      "
    `)
    expect((await db.query('select id, body from note where id > 23 order by id', [])).rows).toEqual(before)
    await asService(async (keyring) => {
      const keys = await keyring.tenant('seal-a')
      const body = keys.field({ table: 'note', column: 'body', type: 'json' })
      const { rows } = await db.query<{ id: number; body: string | null }>(
        'select id, body from note where id <= 23 order by id',
        [],
      )
      for (const row of rows) {
        if (row.body === null) expect(row.id).toBe(7)
        else
          expect([body.isCurrent(row.body), body.open(row.body, { row: String(row.id) })]).toEqual([
            true,
            { text: `made up ${row.id}` },
          ])
      }
    }, '2026-11-22T12:00:01.000Z')
    const again = await json<KeysReencryptAnswer>(
      `keys reencrypt --tenant seal-a --tenant-column tenant --table note ${columns}`,
    )
    expect([again.code, again.answer.written, again.answer.passes]).toEqual([0, 0, 1])
  })

  it('all tenants by their column', async () => {
    await run('keys rotate --tenant seal-a --purpose field')
    await run('keys rotate --tenant seal-a-other --purpose field')
    const { code, answer } = await json<KeysReencryptAnswer>(
      `keys reencrypt --all --tenant-column tenant --table public.note ${columns}`,
    )
    expect([code, answer.written, answer.remaining, Object.keys(answer.keyIds).length]).toEqual([0, 25, 0, 2])
  })

  it('what does not open is counted and left as it is', async () => {
    await run('keys rotate --tenant seal-a --purpose field')
    const { rows } = await db.query<{ body: string }>('select body from note where id = 1', [])
    // Another row's value: genuine, and not of this row.
    await db.query('update note set body = $1 where id = 2', [rows[0]?.body])
    const { code, stdout } = await run(`keys reencrypt --tenant seal-a --tenant-column tenant --table note ${columns}`)
    expect(code).toBe(1)
    expect(numbered(stdout)).toMatchInlineSnapshot(`
      "1 value could not be sealed anew, and is as before; 23 rows sealed anew.

        rows read                               46
        passes                                   2
        changed by others meanwhile              0
        PHI_ENVELOPE_OPEN                        1
        values under key-0001 in the last pass  44
        values under key-0002 in the last pass   1

      scanSealed of @phi/envelope names the rows, and says what is wrong with each.

      Not recorded: the configuration names no audit log.
      "
    `)
    expect((await db.query<{ body: string }>('select body from note where id = 2', [])).rows).toEqual(rows)
    // The wrong type or name opens nothing, and writes nothing.
    const wrong = await json<KeysReencryptAnswer>(
      'keys reencrypt --tenant seal-a --tenant-column tenant --table note --id id --column body:string',
    )
    expect([wrong.code, wrong.answer.written]).toEqual([1, 0])
    await run('keys rotate --tenant seal-a --purpose field')
    const blind = await json<KeysReencryptAnswer>(
      'keys reencrypt --tenant seal-a --tenant-column tenant --table note --id id --column body:string',
    )
    expect([blind.code, blind.answer.written, blind.answer.failed]).toEqual([1, 0, [{ code: 'PHI_ENVELOPE_OPEN', count: 22 }]])
    await db.exec('update note set body = null where id = 2')
  })

  it('a renamed table and column, an unbound row, and old plaintext', async () => {
    await db.exec('create table chart (key uuid primary key, words text)')
    const ids = [
      '0b0c1f6e-0000-4000-8000-000000000001',
      '0b0c1f6e-0000-4000-8000-000000000002',
      '0b0c1f6e-0000-4000-8000-000000000003',
    ]
    await asService(async (keyring) => {
      const field = (await keyring.tenant('seal-b')).field({ table: 'note', column: 'body', unboundRow: true })
      for (const id of ids.slice(0, 2)) await db.query('insert into chart values ($1, $2)', [id, field.seal('made up')])
      await db.query('insert into chart values ($1, $2)', [ids[2], 'in plain text'])
    })
    await run('keys rotate --tenant seal-b --purpose field')
    const line = 'keys reencrypt --tenant seal-b --table chart --id key --column words=body --bound-table note --unbound-row'
    const strict = await json<KeysReencryptAnswer>(line)
    expect([strict.code, strict.answer.written, strict.answer.failed]).toEqual([
      1,
      2,
      [{ code: 'PHI_ENVELOPE_NOT_SEALED', count: 1 }],
    ])
    const past = await json<KeysReencryptAnswer>(`${line} --plaintext-until 2026-11-22T00:00:00Z`)
    expect([past.code, past.answer.written]).toEqual([1, 0])
    const migrated = await json<KeysReencryptAnswer>(`${line} --plaintext-until 2027-01-01T00:00:00Z`)
    expect([migrated.code, migrated.answer.written, migrated.answer.sealedPlaintext]).toEqual([0, 1, 1])
  })

  it('a patient’s own keys, by a column', async () => {
    await db.exec('create table letter (id text primary key, patient text, body text)')
    await asService(async (keyring) => {
      const tenant = await keyring.tenant('seal-c')
      const patient = await tenant.subject('patient-7731')
      await db.query('insert into letter values ($1, $2, $3)', [
        'l-1',
        'patient-7731',
        patient.field({ table: 'letter', column: 'body' }).seal('made up', { row: 'l-1' }),
      ])
      await db.query('insert into letter values ($1, $2, $3)', [
        'l-2',
        null,
        tenant.field({ table: 'letter', column: 'body' }).seal('made up', { row: 'l-2' }),
      ])
    })
    await run('keys rotate --tenant seal-c --subjects')
    const { code, answer } = await json<KeysReencryptAnswer>(
      'keys reencrypt --tenant seal-c --table letter --id id --column body --subject-column patient',
    )
    expect([code, answer.written, Object.keys(answer.keyIds).length]).toEqual([0, 2, 2])
  })

  it('stops at Ctrl-C between two rows, notes where, and goes on there', async () => {
    await run('keys rotate --tenant seal-a --purpose field')
    const stop = new AbortController()
    let updates = 0
    const stopping: Db = {
      ...db,
      query: (sql, params) => {
        if (sql.startsWith('update "note"') && ++updates === 6) stop.abort()
        return db.query(sql, params)
      },
    }
    const line = `keys reencrypt --tenant seal-a --tenant-column tenant --table note ${columns} --batch 4 --resume note.resume`
    const first = await run(line, { database: stopping, signal: stop.signal })
    expect([first.code, first.stdout.split('\n')[0]]).toEqual([130, 'Stopped: 6 rows sealed anew so far.'])
    const kept = JSON.parse(await readFile(join(home, 'note.resume'), 'utf8'))
    expect([kept.after, (await stat(join(home, 'note.resume'))).mode & 0o777]).toEqual([['6'], 0o600])
    expect(errorOf(await run(`${line} --other-suite`))).toBe('PHI_CLI_FILE_CONTENT')
    const rest = await json<KeysReencryptAnswer>(line)
    expect([rest.code, rest.answer.written, rest.answer.failed]).toEqual([0, 17, []])
    await expect(stat(join(home, 'note.resume'))).rejects.toMatchObject({ code: 'ENOENT' })
    await writeFile(join(home, 'note.resume'), new Uint8Array([0xff, 0xfe, 0]))
    expect(errorOf(await run(line))).toBe('PHI_CLI_FILE_CONTENT')
    expect(errorOf(await run(line.replace('note.resume', 'phi.config.json/x')))).toBe('PHI_CLI_FILE')
  })

  it('names that are none, hostile or not sealed change nothing', async () => {
    await db.exec('create table "odd""; drop table note; --" (id int, body int)')
    const cases: [readonly string[], string][] = [
      [['--table', 'nowhere', '--id', 'id', '--column', 'body'], 'PHI_CLI_TABLE'],
      [['--table', 'note', '--id', 'nothing', '--column', 'body'], 'PHI_CLI_TABLE'],
      [['--table', 'note', '--id', 'id', '--column', 'nothing'], 'PHI_CLI_TABLE'],
      [['--table', 'note', '--id', 'body', '--column', 'body'], 'PHI_CLI_TABLE'],
      [['--table', 'note', '--id', 'id', '--column', 'id'], 'PHI_CLI_TABLE'],
      [['--table', 'note', '--id', 'id', '--column', 'body', '--tenant-column', 'x'], 'PHI_CLI_TABLE'],
      [['--table', 'odd"; drop table note; --', '--id', 'id', '--column', 'body'], 'PHI_CLI_TABLE'],
      [['--table', 'note', '--id', 'id', '--column', 'body:poem'], 'PHI_CLI_USAGE'],
      [['--table', 'note', '--id', 'id'], 'PHI_CLI_USAGE'],
      [['--table', 'note', '--id', 'id', '--column', 'body', '--plaintext-until', 'soon'], 'PHI_CLI_USAGE'],
    ]
    for (const [words, code] of cases) {
      const ran = await run(['keys', 'reencrypt', '--tenant', 'seal-a', ...words, '--json'])
      expect([words.join(' '), JSON.parse(ran.stdout || '{"error":{"code":"PHI_CLI_USAGE"}}').error.code]).toEqual([
        words.join(' '),
        code,
      ])
    }
    expect((await run(`keys reencrypt --all --table note ${columns}`)).code).toBe(2)
    expect((await db.query<{ n: number }>('select count(*)::int as n from note', [])).rows[0]?.n).toBe(25)
  })
})

describe('phi keys destroy', () => {
  const line = (tenant: string, file: string, more = '') =>
    `keys destroy --tenant ${tenant} --confirm ${more.includes('--subject-file') ? '' : 'all-of:'}${tenant} --approver Privacy --backups-until 2027-03-01T00:00:00Z --certificate ${file} ${more}`

  it('S121 destroys a tenant’s keys, certifies it, records it, and says what it does not reach', async () => {
    await makeTenant('gone-a', '2026-11-20T00:00:00.000Z')
    const sealed = await asService(async (keyring) =>
      (await keyring.tenant('gone-a')).field({ table: 'note', column: 'body' }).seal('made up', { row: 'n-1' }),
    )
    const { code, stdout, stderr } = await run(line('gone-a', 'gone-a.jws', AUDITED))
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatchInlineSnapshot(`
      "The keys of gone-a are destroyed: 3 keys.

        method              the wrapped keys were erased, the KEK is kept
        destroyed at        2026-11-22T12:00:00.000Z
        nothing opens from  2027-03-01T00:00:00.000Z
        approved by         Privacy
        certificate         gone-a.jws

      What this does not reach:
      - Backups of the key store hold the wrapped keys, and the KEK opens them: until
        2027-03-01T00:00:00.000Z, as you declared.
      - Running services can hold unwrapped keys in memory until
        2026-11-22T12:15:00.000Z.
      - The database keeps old versions of the rows until it is vacuumed: run vacuum
        phi.data_key. Its write-ahead log keeps them longer.
      - The tombstones lie in the same database as the keys, and a restore takes them
        away. Keep the certificate: restoreGuard of @phi/envelope reads it.
      - What was never sealed, or was copied out of the system, is not reached by
        keys.

      Recorded in the audit log.
      "
    `)
    const certificate = (await readFile(join(home, 'gone-a.jws'), 'utf8')).trim()
    const report = await verifyCertificate(certificate, certificateKey)
    expect(report.verdict).toBe('valid')
    const records = await keyStore(db).list('gone-a', null)
    expect(records.map(({ state, wrapped }) => [state, wrapped.length])).toEqual(Array(3).fill(['destroyed', 0]))
    expect((await tombstoneStore(db).find(records.map(({ id }) => id))).length).toBe(3)
    await asService(async (keyring) => {
      const keys = await keyring.tenant('gone-a', { create: false }).catch((error: { code: string }) => error)
      if ('field' in keys) expect(() => keys.field({ table: 'note', column: 'body' }).open(sealed, { row: 'n-1' })).toThrow()
      else expect(keys.code).toMatch(/^PHI_ENVELOPE_/)
    }, '2026-11-22T13:00:00.000Z')
    const mine = (await recorded(db)).filter(({ subject }) => subject?.resource?.id === 'gone-a')
    expect(mine.map(({ action, outcome, context }) => [action, outcome, context?.details?.step])).toEqual([
      ['key-destroy', 'success', 'begun'],
      ['key-destroy', 'success', 'destroyed'],
    ])
    expect((await run('keys status --tenant gone-a')).stdout.split('\n')[0]).toBe('No key of gone-a seals or opens any more.')
    const again = await run('keys rotate --tenant gone-a')
    expect([again.code, again.stdout.trim()]).toEqual([1, 'There are no keys to rotate.'])
  })

  it('S121 nothing is done without the confirmation, a signer, an approver, a place for the certificate', async () => {
    await makeTenant('kept', '2026-11-20T00:00:00.000Z')
    await writeFile(join(home, 'taken.jws'), 'a certificate')
    const whole = line('kept', 'kept.jws')
    const anonymous = await configured('anonymous.json', { envelope: { kekFrom: 'PHI_KEK' } })
    const garbage = { ...env, PHI_CERTIFICATE_SIGNER: '{"kty":"oct","k":"AAAA"}' }
    const cases: [string, RunOptions, string][] = [
      [whole.replace('--confirm all-of:kept', ''), {}, 'PHI_CLI_CONFIRM'],
      [whole.replace('--confirm all-of:kept', '--confirm all-of:gone-a'), {}, 'PHI_CLI_CONFIRM'],
      // The words for one patient, and nobody named the patient.
      [whole.replace('--confirm all-of:kept', '--confirm kept'), {}, 'PHI_CLI_CONFIRM'],
      [whole.replace('kept.jws', 'taken.jws'), {}, 'PHI_CLI_EXISTS'],
      [whole.replace('kept.jws', '.'), {}, 'PHI_CLI_EXISTS'],
      [whole.replace('kept.jws', 'nowhere/kept.jws'), {}, 'PHI_CLI_FILE'],
      [whole.replace('kept.jws', 'taken.jws/kept.jws'), {}, 'PHI_CLI_FILE'],
      [`${whole} ${anonymous}`, {}, 'PHI_CLI_NOT_CONFIGURED'],
      [whole, { env: garbage }, 'PHI_CLI_NOT_CONFIGURED'],
      [`${whole} --kek destroy`, {}, 'PHI_ENVELOPE_OPTIONS'],
      [`${whole} --also-kek local:0`, {}, 'PHI_ENVELOPE_OPTIONS'],
      [line('nobody', 'nobody.jws'), {}, 'PHI_ENVELOPE_NO_KEY'],
    ]
    for (const [words, options, code] of cases) {
      const ran = await run(words, options)
      expect([words, ran.code, errorOf(ran)]).toEqual([words, 4, code])
    }
    for (const option of [/--approver \w+/, /--backups-until \S+/, /--certificate \S+/])
      expect((await run(whole.replace(option, ''))).code).toBe(2)
    expect((await run(whole.replace('2027-03-01T00:00:00Z', 'spring'))).code).toBe(2)
    expect((await run(`${whole} --salt-out p.salt`)).code).toBe(2)
    expect((await keyStore(db).list('kept', null)).every(({ state }) => state === 'active')).toBe(true)
    expect((await readdir(home)).filter((name) => name.endsWith('.jws')).sort()).toEqual(['gone-a.jws', 'taken.jws'])
    expect(await readFile(join(home, 'taken.jws'), 'utf8')).toBe('a certificate')
  })

  it('S121 one patient, whose id stands in no output, certificate or record', async () => {
    await asService(async (keyring) => (await keyring.tenant('gone-p')).subject('patient-7731'), '2026-11-20T00:00:00.000Z')
    const ran = await run(line('gone-p', 'p.jws', `--subject-file - --salt-out p.salt --reference R-17 --json ${AUDITED}`), {
      stdin: 'patient-7731\n',
    })
    const answer = JSON.parse(ran.stdout) as KeysDestroyAnswer & { status: 'destroyed' }
    expect([ran.code, answer.document.scope, answer.document.keys.length, answer.document.reference]).toEqual([
      0,
      'subject',
      2,
      'R-17',
    ])
    expect((await stat(join(home, 'p.salt'))).mode & 0o777).toBe(0o600)
    const salt = Buffer.from((await readFile(join(home, 'p.salt'), 'utf8')).trim(), 'hex')
    expect(subjectDigest(salt, 'gone-p', 'patient-7731')).toBe(answer.document.subject?.digest)
    expect(answer.stays.join(' ')).toContain('Index terms')
    expect(ran.stdout + JSON.stringify(await recorded(db)) + (await readFile(join(home, 'p.jws'), 'utf8'))).not.toContain(
      '7731',
    )
    expect((await keyStore(db).list('gone-p', null)).every(({ state }) => state === 'active')).toBe(true)
  })

  it('S19 S121 a KEK of the tenant’s own ends with it, at once where the KMS does that', async () => {
    const file = { kind: 'file', path: 'keks.json', secretFrom: 'PHI_KEK' }
    const whole = await configured('kek-a.json', { envelope: { kms: file, certificateSignerFrom: 'PHI_CERTIFICATE_SIGNER' } })
    const own = (await json<{ kek: string }>(`keys rotate --kek ${whole}`)).answer.kek
    await json(`keys rotate --kek ${whole}`)
    const named = await configured('kek-b.json', {
      envelope: { kms: file, certificateSignerFrom: 'PHI_CERTIFICATE_SIGNER', keks: { 'gone-k': own } },
    })
    const { openConfiguredKeyring } = await import('../../keyring.ts')
    const { readConfig } = await import('../../config.ts')
    const io = { cwd: home, env, clock: fixedClock('2026-11-22T12:00:00.000Z') } as never
    const open = await openConfiguredKeyring(io, await readConfig(io, join(home, 'kek-b.json')), db)
    await open?.keyring.tenant('gone-k')
    await open?.close()
    const ran = await run(line('gone-k', 'k.jws', `--kek destroy --json ${named}`))
    const answer = JSON.parse(ran.stdout) as KeysDestroyAnswer & { status: 'destroyed' }
    expect([ran.code, answer.document.method, answer.document.keks.map(({ kek, state }) => [kek, state])]).toEqual([
      0,
      'kek-destroyed',
      [[own, 'destroyed']],
    ])
    expect(answer.stays.join(' ')).not.toContain('Backups')
  })

  it('S121 a KMS that only schedules has not destroyed, and nothing is certified', async () => {
    const server = await startAws()
    try {
      const [shared, own] = [server.createKey(), server.createKey()]
      const kms = { kind: 'aws', keyId: shared, region: 'us-east-1', endpoint: server.endpoint, deletionWindowDays: 7 }
      const named = await configured('aws.json', {
        envelope: { kms, certificateSignerFrom: 'PHI_CERTIFICATE_SIGNER', keks: { 'gone-aws': own } },
      })
      const aws = {
        ...env,
        AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
      }
      const { openConfiguredKeyring } = await import('../../keyring.ts')
      const { readConfig } = await import('../../config.ts')
      const io = { cwd: home, env: aws, clock: fixedClock('2026-11-22T12:00:00.000Z') } as never
      const open = await openConfiguredKeyring(io, await readConfig(io, join(home, 'aws.json')), db)
      await open?.keyring.tenant('gone-aws')
      await open?.close()
      const { code, stdout } = await run(line('gone-aws', 'aws.jws', `--kek destroy ${named}`), { env: aws })
      expect([code, stdout.split('\n')[0]]).toEqual([
        1,
        expect.stringContaining('Not destroyed yet: the KMS holds the KEK back until'),
      ])
      await expect(stat(join(home, 'aws.jws'))).rejects.toMatchObject({ code: 'ENOENT' })
      expect((await keyStore(db).list('gone-aws', null)).map(({ state }) => state)).toEqual(
        Array(3).fill('destruction-scheduled'),
      )
    } finally {
      await server.loopback.close()
    }
  })
})
