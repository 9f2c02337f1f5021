import { openAsBlob } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { ed25519Signer } from '@phi/audit'
import { localKms } from '@phi/envelope'
import { auditStore, type Db, doctor, doctorFindingKinds, fromPGlite } from '@phi/postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { initialisedDatabase } from '../../../../core/test/initialised-pglite.ts'
import { embeddedMigrated } from '../../../../postgres/test/embedded.ts'
import { phi, type RunOptions } from '../../../test/io.ts'
import { configSchema } from '../../config.ts'
import type { BenchAnswer } from './bench.ts'
import type { InitAnswer } from './init.ts'
import type { MigrateAnswer } from './migrate.ts'

let db: Db
let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'phi-setup-'))
  db = await embeddedMigrated()
})
afterAll(async () => {
  await db.close()
  await rm(home, { recursive: true })
})

const run = (line: string | readonly string[], options: RunOptions = {}) => phi(line, { cwd: home, ...options })
const errorOf = ({ stderr }: { stderr: string }) => stderr.trim().split('\n').at(-1)
/** A folder of one test. */
async function folder(name: string): Promise<string> {
  const path = join(home, name)
  await mkdir(path)
  return path
}
const read = (...path: readonly string[]) => readFile(join(home, ...path), 'utf8')

describe('phi init', () => {
  it('writes a configuration that the commands read, and says what comes next', async () => {
    const cwd = await folder('plain')
    const { code, stdout, stderr } = await run(
      'init --origin clinic.example/audit --tenant clinic-a --database-from CLINIC_DATABASE',
      { cwd },
    )
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatchInlineSnapshot(`
      "Wrote phi.config.json.

      Next:
      1. Put PHI_AUDIT_SIGNER, PHI_KEK and PHI_CERTIFICATE_SIGNER into the
         environment; phi init --keys makes them.
      2. Put the URL of the database into CLINIC_DATABASE, with a login that may
         migrate, and run phi migrate.
      3. Run phi doctor, and phi audit verify once the service has written something.
      "
    `)
    expect(await read('plain', 'phi.config.json')).toMatchInlineSnapshot(`
      "{
        "database": {
          "urlFrom": "CLINIC_DATABASE"
        },
        "tenant": "clinic-a",
        "audit": {
          "origin": "clinic.example/audit",
          "keys": [],
          "signerFrom": "PHI_AUDIT_SIGNER"
        },
        "envelope": {
          "kekFrom": "PHI_KEK",
          "certificateSignerFrom": "PHI_CERTIFICATE_SIGNER"
        }
      }
      "
    `)
    expect(configSchema.safeParse(JSON.parse(await read('plain', 'phi.config.json'))).success).toBe(true)
  })

  it('S19 makes keys, prints them once, and writes none of them down', async () => {
    const cwd = await folder('keys')
    const { code, stdout } = await run('init --origin clinic.example/audit --keys --json', { cwd })
    expect(code).toBe(0)
    const { secrets, config, certificateKey } = JSON.parse(stdout) as InitAnswer
    const signer = ed25519Signer.fromSkey(secrets.PHI_AUDIT_SIGNER as string)
    expect([signer.name, config.audit?.keys]).toEqual(['clinic.example/audit', [signer.vkey]])
    expect((await localKms.fromSecret(secrets.PHI_KEK).describe()).state).toBe('enabled')
    const jwk = JSON.parse(Buffer.from(secrets.PHI_CERTIFICATE_SIGNER as string, 'base64').toString())
    expect(certificateKey).toEqual({ kty: 'OKP', crv: 'Ed25519', x: jwk.x, kid: jwk.kid })
    const files = await readdir(cwd)
    expect(files).toEqual(['phi.config.json'])
    const written = await read('keys', 'phi.config.json')
    for (const secret of Object.values(secrets)) expect(written).not.toContain(secret)
    // And two runs make two sets.
    const other = JSON.parse(
      (await run('init --origin clinic.example/audit --keys --json', { cwd: await folder('keys-2') })).stdout,
    ) as InitAnswer
    expect(Object.values(other.secrets).some((value) => Object.values(secrets).includes(value))).toBe(false)
  })

  it('prints secrets as lines that an environment file takes', async () => {
    const { stdout } = await run('init --origin clinic.example/audit --keys', { cwd: await folder('lines') })
    const lines = stdout.split('\n').filter((line) => line.startsWith('PHI_'))
    expect(lines.map((line) => line.slice(0, line.indexOf('=')))).toEqual([
      'PHI_AUDIT_SIGNER',
      'PHI_KEK',
      'PHI_CERTIFICATE_SIGNER',
    ])
    for (const line of lines) expect(line).toMatch(/^[A-Z_]+=[A-Za-z0-9+/=_.-]+$/)
  })

  it('overwrites nothing, and shows no secret where it wrote nothing', async () => {
    const cwd = await folder('taken')
    await writeFile(join(cwd, 'phi.config.json'), 'mine')
    const ran = await run('init --origin clinic.example/audit --keys', { cwd })
    expect([ran.code, ran.stdout, errorOf(ran), await read('taken', 'phi.config.json')]).toEqual([
      4,
      '',
      'PHI_CLI_EXISTS',
      'mine',
    ])
    expect(errorOf(await run('init --origin clinic.example/audit --config nowhere/phi.json', { cwd }))).toBe('PHI_CLI_FILE')
    expect(errorOf(await run('init --origin clinic.example/audit --config phi.config.json/phi.json', { cwd }))).toBe(
      'PHI_CLI_FILE',
    )
  })

  it('asks nothing without a terminal, and refuses what is no origin or tenant', async () => {
    const cwd = await folder('refused')
    expect((await run('init', { cwd, stdin: 'clinic.example/audit\n' })).code).toBe(2)
    expect((await run('init --origin clinic.example/audit --embedded d --database-from X', { cwd })).code).toBe(2)
    expect(errorOf(await run(['init', '--origin', 'a clinic'], { cwd }))).toBe('PHI_AUDIT_ORIGIN')
    expect(errorOf(await run('init --origin clinic.example/audit --tenant Clinic', { cwd }))).toBe('PHI_CORE_TENANT')
    expect(await readdir(cwd)).toEqual([])
  })

  it('asks at a terminal, on standard error', async () => {
    const cwd = await folder('asked')
    const { code, stdout, stderr } = await run('init', { cwd, stdin: 'clinic.example/audit\n\n\n', stdinIsTerminal: true })
    expect([code, stdout.split('\n')[0]]).toEqual([0, 'Wrote phi.config.json.'])
    expect(stderr).toMatchInlineSnapshot(
      `"Public name of the audit log, such as clinic.example/audit: Tenant, where there is only one (empty for several): Environment variable with the database URL [DATABASE_URL]: "`,
    )
    expect(JSON.parse(await read('asked', 'phi.config.json'))).toMatchObject({
      database: { urlFrom: 'DATABASE_URL' },
      audit: { origin: 'clinic.example/audit' },
    })
    expect((await run('init', { cwd: await folder('silent'), stdin: '', stdinIsTerminal: true })).code).toBe(2)
  })

  it('brings an embedded database up to date', async () => {
    const cwd = await folder('embedded')
    const { code, stdout } = await run('init --origin clinic.example/audit --embedded ./data', { cwd, database: db })
    expect([code, stdout.split('\n')[0]]).toEqual([0, 'Wrote phi.config.json. The embedded database is at version 10.'])
    expect(JSON.parse(await read('embedded', 'phi.config.json')).database).toEqual({ embedded: './data' })
  })

  it('leaves no configuration behind where the database cannot be made', async () => {
    const cwd = await folder('broken')
    const broken: Db = { ...db, transaction: async () => Promise.reject(new Error('away')) }
    const ran = await run('init --origin clinic.example/audit --keys --embedded ./data', { cwd, database: broken })
    expect([ran.code, ran.stdout, await readdir(cwd)]).toEqual([4, '', []])
  })

  it.skipIf(process.env.PHI_LONG !== '1')('S98 makes an embedded database that the other commands find', async () => {
    const cwd = await folder('real')
    expect((await run('init --origin clinic.example/audit --embedded ./data', { cwd })).code).toBe(0)
    expect((await stat(join(cwd, 'data', 'PG_VERSION'))).isFile()).toBe(true)
    expect((await run('migrate --status', { cwd })).code).toBe(0)
  })
})

describe('phi migrate', () => {
  let empty: Db
  beforeAll(async () => {
    empty = fromPGlite(await PGlite.create({ loadDataDir: await openAsBlob(await initialisedDatabase()) }))
  })
  afterAll(() => empty.close())

  it('says what is missing, and what would be run', async () => {
    const status = await run('migrate --status', { database: empty })
    expect(status.code).toBe(1)
    expect(status.stdout).toMatchInlineSnapshot(`
      "The schema phi is at version 0; 10 migrations to 10 would be run.

         1  audit
         2  audit-depth
         3  keys
         4  access
         5  agreements
         6  cases
         7  retention
         8  group-commit
         9  forwarding
        10  lone-append
      "
    `)
    const dry = JSON.parse(
      (await run('migrate --dry-run --sql --distribute citus --json', { database: empty })).stdout,
    ) as MigrateAnswer
    expect([dry.from, dry.to, dry.isDone, dry.applied.length, dry.distributed?.length]).toEqual([0, 10, false, 10, 4])
    expect(dry.applied[0]?.sql).toContain('create table phi.audit_log')
    expect((await empty.query(`select to_regnamespace('phi')::text as name`, [])).rows).toEqual([{ name: null }])
    const text = await run('migrate --dry-run --distribute citus', { database: empty })
    expect([
      text.code,
      text.stdout.includes('create_distributed_table'),
      text.stdout.includes('Distribute the tables by tenant'),
    ]).toEqual([0, false, true])
  })

  it('S98 gives roles to logins, and finds nothing to do the second time', async () => {
    await db.exec('create role clinic_app login; create role clinic_jobs login; create role clinic_billing login')
    const { code, stdout } = await run('migrate --app clinic_app --custodian clinic_jobs --app clinic_billing', {
      database: db,
    })
    expect([code, stdout]).toMatchInlineSnapshot(`
      [
        0,
        "The schema phi is up to date: version 10.

        phi_app        clinic_app, clinic_billing
        phi_custodian  clinic_jobs

      Partitions of the coming year are there. Run it again at each deployment, or
      yearly.
      ",
      ]
    `)
    const { rows } = await db.query(
      `select pg_has_role('clinic_app', 'phi_app', 'member') as app, pg_has_role('clinic_app', 'phi_custodian', 'member') as custodian`,
      [],
    )
    expect(rows).toEqual([{ app: true, custodian: false }])
    expect((await run('migrate --status', { database: db })).code).toBe(0)
  })

  it('refuses what it cannot do, and a changed migration is a finding', async () => {
    expect(errorOf(await run('migrate --app nobody', { database: db }))).toBe('PHI_PG_OPTIONS')
    expect((await run('migrate --status --app clinic_app', { database: db })).code).toBe(2)
    expect((await run('migrate --distribute oracle', { database: db })).code).toBe(2)
    expect(errorOf(await run('migrate --status'))).toBe('PHI_CLI_NOT_CONFIGURED')
    expect(errorOf(await run('migrate --status --embedded nowhere'))).toBe('PHI_CLI_FILE')
    await writeFile(join(home, 'a-file'), 'mine')
    for (const place of ['a-file', 'a-file/below'])
      expect(errorOf(await run(`migrate --embedded ${place}`))).toBe('PHI_CLI_FILE')
    await mkdir(join(home, 'torn'))
    await writeFile(join(home, 'torn', 'PG_VERSION'), 'seventeen and a half')
    expect(errorOf(await run('migrate --embedded torn'))).toBe('PHI_CLI_CONNECT')
    const { rows } = await db.query<{ checksum: string }>('select checksum from phi.migration where version = 3', [])
    await db.exec(`update phi.migration set checksum = 'other' where version = 3`)
    try {
      const changed = await run('migrate --status --json', { database: db })
      expect([changed.code, JSON.parse(changed.stdout).code]).toEqual([1, 'PHI_PG_MIGRATION_CHANGED'])
      expect(errorOf(await run('migrate', { database: db }))).toBe('PHI_PG_MIGRATION_CHANGED')
    } finally {
      await db.query('update phi.migration set checksum = $1 where version = 3', [rows[0]?.checksum])
    }
    expect((await run('migrate --status', { database: db })).code).toBe(0)
  })
})

describe('phi doctor', () => {
  // PGlite does not wait for the disk, and lets its superuser edit the catalog.
  const accepted = '--accept durability-off:fsync --accept setting-unsafe:allow_system_table_mods'
  const line = `doctor --admins postgres ${accepted}`

  it('S98 a database as the migrations make it', async () => {
    const { code, stdout } = await run(`${line} --brief`, { database: db })
    expect(code).toBe(0)
    expect(stdout).toMatchInlineSnapshot(`
      "Schema phi, version 10 of 10. Everything that is checked is as the migrations
      make it.

      Accepted by name:
        fsync  [durability-off]
        allow_system_table_mods  [setting-unsafe]
      "
    `)
    const whole = await run(line, { database: db })
    expect(whole.stdout).toContain('Whoever holds a role:')
    for (const each of whole.stdout.split('\n')) expect(each.length).toBeLessThanOrEqual(80)
    const report = JSON.parse((await run(`${line} --json`, { database: db })).stdout)
    const options = [
      { code: 'durability-off', object: 'fsync' },
      { code: 'setting-unsafe', object: 'allow_system_table_mods' },
    ] as const
    expect(report).toEqual(JSON.parse(JSON.stringify(await doctor(db, { admins: ['postgres'], accept: options }))))
  })

  it('S98 a wall that is open is a finding, for people and for CI', async () => {
    await db.exec('alter table phi.audit_entry no force row level security; create role intruder superuser login')
    try {
      const { code, stdout } = await run(`${line} --brief`, { database: db })
      expect(code).toBe(1)
      expect(stdout).toMatchInlineSnapshot(`
        "Schema phi, version 10 of 10. 2 wrong, 0 that this login may not see.

        WRONG  table audit_entry  [row-security-not-forced]
               Row security does not bind the owner of a table.
               found:    forced: false
               expected: forced: true
               what to do: alter table … force row level security.

        WRONG  login intruder  [superuser-login]
               A login that was not named is a superuser.
               found:    superuser
               expected: no login that was not named
               what to do: Take the right away from it, or name the login in \`admins\` if
               a person is meant to hold that power.

        Accepted by name:
          fsync  [durability-off]
          allow_system_table_mods  [setting-unsafe]
        "
      `)
      const coloured = await run(`${line} --brief`, { database: db, terminal: true })
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC
      expect(coloured.stdout.replace(/\u001b\[\d+m/g, '')).toBe(stdout)
      const sarif = JSON.parse((await run(`${line} --format sarif`, { database: db })).stdout)
      expect(sarif.runs[0].tool.driver.rules.length).toBe(Object.keys(doctorFindingKinds).length)
      expect(sarif.runs[0].results).toMatchInlineSnapshot(`
        [
          {
            "level": "error",
            "locations": [
              {
                "physicalLocation": {
                  "artifactLocation": {
                    "uri": "phi.config.json",
                  },
                  "region": {
                    "startLine": 1,
                  },
                },
              },
            ],
            "message": {
              "text": "table audit_entry: Row security does not bind the owner of a table. Found: forced: false. Expected: forced: true. alter table … force row level security.",
            },
            "ruleId": "row-security-not-forced",
            "ruleIndex": 11,
          },
          {
            "level": "error",
            "locations": [
              {
                "physicalLocation": {
                  "artifactLocation": {
                    "uri": "phi.config.json",
                  },
                  "region": {
                    "startLine": 1,
                  },
                },
              },
            ],
            "message": {
              "text": "login intruder: A login that was not named is a superuser. Found: superuser. Expected: no login that was not named. Take the right away from it, or name the login in \`admins\` if a person is meant to hold that power.",
            },
            "ruleId": "superuser-login",
            "ruleIndex": 26,
          },
        ]
      `)
    } finally {
      await db.exec('alter table phi.audit_entry force row level security; drop role intruder')
    }
    expect((await run(`${line} --brief`, { database: db })).code).toBe(0)
  })

  it('reads logins and what was accepted out of the configuration', async () => {
    const doctored = {
      admins: ['postgres'],
      app: ['clinic_app'],
      accept: [
        { code: 'durability-off', object: 'fsync' },
        { code: 'setting-unsafe', object: 'allow_system_table_mods' },
      ],
    }
    await writeFile(join(home, 'doctor.json'), JSON.stringify({ doctor: doctored }))
    const strict = await run('doctor --config doctor.json --json', { database: db })
    // clinic_billing is a member of phi_app, and was not named.
    expect(
      JSON.parse(strict.stdout).findings.map(({ code, object }: { code: string; object: string }) => `${code} ${object}`),
    ).toEqual(['login-not-named login clinic_billing'])
    const named = await run('doctor --config doctor.json --app clinic_billing --brief', { database: db })
    expect([named.code, named.stdout.includes('clinic_billing')]).toEqual([0, false])
    expect((await run('doctor --accept nonsense:fsync', { database: db })).code).toBe(2)
    expect((await run('doctor --accept durability-off', { database: db })).code).toBe(2)
  })

  it('what a login may not see is "not known", and never well', async () => {
    const blind: Db = {
      ...db,
      transaction: (work) =>
        db.transaction(async (tx) => {
          await tx.exec('set local role clinic_app')
          return work(tx)
        }),
    }
    const { code, stdout } = await run(
      'doctor --admins postgres --accept durability-off:fsync --accept setting-unsafe:allow_system_table_mods --json',
      { database: blind },
    )
    const severities = JSON.parse(stdout).findings.map(({ severity }: { severity: string }) => severity)
    expect([code, [...new Set(severities)]]).toEqual([3, ['unknown']])
  })
})

describe('phi bench', () => {
  /** A clock that moves with every look, so that what is printed does not depend on the machine. */
  const ticking = () => {
    let now = Date.parse('2026-11-22T12:00:00.000Z')
    return () => {
      now += 5
      return now
    }
  }

  it('measures in memory, and says what it is not', async () => {
    const { code, stdout } = await run('bench --size small --rounds 1', { env: {} })
    expect(code).toBe(0)
    // The clock stands still: too short to be told, and not infinitely fast.
    expect(stdout).toMatchInlineSnapshot(`
      "Medians of 1 round, in 0.0 s. This is a feel for this machine, and not a
      benchmark.

      A SECOND  SLOWEST  FASTEST  WHAT
             -        -        -  values of 32 characters sealed and opened
             -        -        -  access decisions by a policy of two rules
             -        -        -  audit entries appended in memory by 64 callers
             -        -        -  audit entries verified in memory

      No database is configured: everything was in memory.
      "
    `)
  })

  it('writes nothing to a database unless it is told to', async () => {
    const entries = async () => (await db.query<{ n: number }>('select count(*)::int as n from phi.audit_entry', [])).rows[0]?.n
    const before = await entries()
    const first = JSON.parse(
      (await run('bench --size small --rounds 2 --json', { database: db, clock: ticking() })).stdout,
    ) as BenchAnswer
    expect([first.hasDatabase, first.wroteEntries, first.measures.map(({ id }) => id)]).toEqual([
      true,
      false,
      ['seal', 'decide', 'append', 'verify', 'round-trip'],
    ])
    for (const { id, perSecond } of first.measures)
      if (id !== 'append' && id !== 'verify') expect([id, (perSecond ?? 0) > 0]).toEqual([id, true])
    expect(await entries()).toBe(before)
    const second = JSON.parse(
      (await run('bench --size small --rounds 1 --write-entries --json', { database: db, clock: ticking() })).stdout,
    ) as BenchAnswer
    expect([second.wroteEntries, ((await entries()) ?? 0) - (before ?? 0)]).toEqual([true, 40])
    expect(
      await auditStore(db)
        .head({ tenant: 'phi-bench', origin: 'bench.invalid/0' })
        .catch((error: { code: string }) => error.code),
    ).toMatch(/^PHI_AUDIT/)
  })

  it('needs a database to write to, and stops at Ctrl-C', async () => {
    expect(errorOf(await run('bench --write-entries'))).toBe('PHI_CLI_NOT_CONFIGURED')
    expect((await run('bench --rounds 0')).code).toBe(2)
    expect((await run('bench --size huge')).code).toBe(2)
    expect((await run('bench --size small', { signal: AbortSignal.abort() })).code).toBe(130)
  })
})
