import { describe, expect, it } from 'vitest'
import { about } from '../src/about.ts'
import { rows } from '../src/rows.ts'

/** The floors that were set before a package was written. None of them is lowered; where one is not reached, the page of the benchmarks says so. */
const setBeforehand = [
  ['audit', 'append to memory, against JSON.stringify and one SHA-256', 'audit.append.memory', 0.22],
  ['audit', 'durable append, 256 callers, against raw INSERTs of 100 rows', 'audit.append.postgres.256-callers', 0.55],
  ['audit', 'durable append, 1 caller, against raw autocommit INSERT', 'audit.append.postgres.1-caller', 0.6],
  ['audit', 'verify from Postgres, against a raw keyset read', 'audit.verify.postgres', 0.3],
  ['audit', 'durable append, 256 callers, against per-event row locking', 'audit.append.postgres.locking', 15],
  ['audit', 'verify, against hypercore', 'audit.verify.hypercore', 5],
  ['audit', 'prove, against hypercore', 'audit.prove.hypercore', 2],
  ['envelope', '32-byte field, against createCipheriv', 'envelope.field.32B', 0.35],
  ['envelope', '32-byte field, against the AWS Encryption SDK', 'envelope.field.32B.aws-encryption-sdk', 60],
  ['envelope', '1 KiB field, against raw', 'envelope.field.1KiB', 0.45],
  ['envelope', '16 MiB file, against one-shot GCM', 'envelope.file.16MiB', 0.45],
  ['envelope', '16 MiB file, against typage', 'envelope.file.16MiB.typage', 12],
  ['rbac', 'can(), against code by hand', 'rbac.can.by-hand', 0.5],
  ['rbac', 'decide(), against code by hand', 'rbac.decide.by-hand', 0.3],
  ['rbac', 'can(), against CASL 7', 'rbac.can.casl', 3],
  ['rbac', 'can(), against cedar-wasm', 'rbac.can.cedar-wasm', 1_000],
  ['rbac', 'can(), against casbin', 'rbac.can.casbin', 1_000],
] as const

describe('the rows', () => {
  it.each(setBeforehand)('%s: %s', (owner, _what, id, floor) => {
    expect(rows.find((row) => row.id === id)).toMatchObject({ atLeast: floor })
    expect(about[id]?.floor).toBe(owner)
  })

  it('have ids of their own, which begin with a package', () => {
    const ids = rows.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^(audit|envelope|rbac|deadlines|retention|baa|http)\.[\w.-]+$/)
  })

  it('are each told about, and nothing else is', () => {
    expect(Object.keys(about).toSorted()).toEqual(rows.map(({ id }) => id).toSorted())
  })

  it('claim a floor that was set beforehand only where there is one', () => {
    const claimed = Object.entries(about).filter(([, { floor }]) => floor !== 'row' && floor !== 'none')
    expect(claimed.map(([id]) => id).toSorted()).toEqual(setBeforehand.map(([, , id]) => id).toSorted())
    for (const { id, atLeast } of rows) expect(about[id]?.floor === 'none', id).toBe(atLeast === 0)
  })

  it('give a reason wherever the floor lies below the baseline', () => {
    const unexplained = rows.filter(({ id, atLeast }) => atLeast > 0 && atLeast < 1 && about[id]?.loses === undefined)
    expect(unexplained.map(({ id }) => id)).toEqual([])
  })
})
