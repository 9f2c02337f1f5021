import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { clinic } from '../../test/analysed-clinic.ts'
import { cases, NOW } from '../../test/random-policy.ts'
import { compile } from '../decision/rules.ts'
import type { Policy } from '../policy/parse.ts'
import { type Cell, type DecisionTable, decisionTable } from './table.ts'

const LONG = process.env.PHI_LONG === '1'
const clock = () => NOW

describe('a small table, by hand', () => {
  const table = decisionTable(clinic, { type: 'Note', action: 'read' })

  it('S21 counts the ways in which conditions come out together', () => {
    // In the care team: yes, no, unknown. Restricted: the same. Emergency: the same. Signed: the same.
    expect(table.atoms).toHaveLength(4)
    expect(table.groups).toEqual([[0], [1], [2], [3]])
    expect(table.cellsPerRole).toBe(81)
    expect(table.roles).toEqual(['therapist', 'billing', 'admin', null])
    expect([...table.cells()]).toHaveLength(4 * 81)
  })

  it('S21 S92 gives each role what its permits give, and nobody anything', () => {
    const outcomes = (role: string | null) => {
      const found = [...table.cells(role)].map(({ outcome }) => outcome)
      return ['allow', 'allow-if', 'deny'].map((each) => found.filter((outcome) => outcome === each).length)
    }
    // In the team and not restricted, whatever the rest: 1 x 1 x 3 x 3. Restricted or unknown in an emergency: 1 x 2 x 1 x 3.
    expect(outcomes('therapist')).toEqual([9, 6, 66])
    // Signed: 3 x 1 x 3 of not restricted, 3 x 2 x 1 opened, all with step-up.
    expect(outcomes('admin')).toEqual([0, 15, 66])
    expect(outcomes('billing')).toEqual([0, 0, 81])
    expect(outcomes(null)).toEqual([0, 0, 81])
  })

  it('finds the cell of a request, and a request for each cell', () => {
    for (const cell of table.cells()) expect(table.cellsOf(table.witness(cell))).toEqual([cell])
  })

  it('refuses cells and places that it does not have', async () => {
    expect((await refusal(() => table.cell('nobody', [0, 0, 0, 0]))).code).toBe('PHI_RBAC_QUERY')
    for (const choice of [[0], [0, 0, 0, 3], [0, 0, 0, -1], [0, 0, 0, 0.5], [0, 0, 0, Number.NaN]]) {
      expect((await refusal(() => table.cell(null, choice))).code).toBe('PHI_RBAC_QUERY')
    }
    expect((await refusal(() => decisionTable(clinic, { type: 'Note', action: 'burn' }))).code).toBe('PHI_RBAC_QUERY')
    expect((await refusal(() => decisionTable(clinic, { type: '__proto__', action: 'read' }))).code).toBe('PHI_RBAC_QUERY')
  })

  it('names type and action where a diagram grows beyond its limit', async () => {
    const error = await refusal(() =>
      [...decisionTable(clinic, { type: 'Note', action: 'read' }, { maxNodes: 3 }).cells()].at(0),
    )
    expect(error).toMatchObject({
      code: 'PHI_RBAC_TOO_LARGE',
      info: { type: 'Note', action: 'read', conditions: 4, nodes: 3 },
    })
  })
})

function tablesOf(policy: Policy, most: number): ReadonlyMap<string, DecisionTable> {
  const out = new Map<string, DecisionTable>()
  for (const type of Object.keys(policy.resources)) {
    for (const action of policy.actions) {
      const rules = policy.rules.filter(({ resources, actions }) => resources.includes(type) && actions.includes(action))
      if (rules.length <= most) out.set(`${type} ${action}`, decisionTable(policy, { type, action }, { clock }))
    }
  }
  return out
}

function* sample(table: DecisionTable, most: number): Generator<Cell> {
  // Steps that share no factor with the sizes reach all parts of a large table.
  const sizes = table.groups.map((_, group) => {
    let size = 1
    while (isCell(table, group, size)) size++
    return size
  })
  for (let i = 0; i < Math.min(most, table.cellsPerRole); i++) {
    const choice = sizes.map((size, group) => (i * (2 * group + 7919) + Math.floor(i / size)) % size)
    yield table.cell(table.roles[i % table.roles.length] ?? null, choice)
  }
}

function isCell(table: DecisionTable, group: number, way: number): boolean {
  try {
    table.cell(
      null,
      table.groups.map((_, i) => (i === group ? way : 0)),
    )
    return true
  } catch {
    return false
  }
}

const words = { maxRules: LONG ? 10 : 5, dates: true } as const
const random = () => [...cases({ seed: 21, policies: LONG ? 400 : 20, requests: LONG ? 60 : 30, words })]

describe('tables of random policies', () => {
  it('S21 decide the witness of a cell as the cell says', () => {
    let checked = 0
    for (const { policy } of random()) {
      const rules = compile(policy, { clock })
      for (const table of tablesOf(policy, 4).values()) {
        for (const cell of sample(table, 40)) {
          const request = table.witness(cell)
          const { outcome, fields, obligations } = rules.decide(JSON.parse(JSON.stringify(request)))
          expect({ outcome, fields, obligations }).toEqual({
            outcome: cell.outcome,
            fields: cell.fields,
            obligations: cell.obligations,
          })
          for (const offer of cell.offers) {
            const asked = rules.decide({ ...request, fields: offer.fields } as typeof request)
            expect(asked.obligations).toEqual(offer.obligations)
          }
          checked++
        }
      }
    }
    expect(checked).toBeGreaterThan(1_000)
  })

  it('S21 miss no cell that a request can fall into', () => {
    let checked = 0
    for (const { policy, requests } of random()) {
      const rules = compile(policy, { clock })
      const tables = tablesOf(policy, 4)
      for (const request of requests) {
        const decision = rules.decide(request)
        const table = tables.get(`${request.resource.type} ${request.action}`)
        if (table === undefined || decision.reason === 'tenant' || decision.reason === 'request') continue
        const found = table.cellsOf(request)
        expect(found.length).toBeGreaterThan(0)
        if (found.length === 1) {
          expect([found[0]?.outcome, found[0]?.fields]).toEqual([decision.outcome, decision.fields])
        } else {
          // One role that may is enough.
          expect(found.some(({ outcome }) => outcome !== 'deny')).toBe(decision.outcome !== 'deny')
        }
        checked++
      }
    }
    expect(checked).toBeGreaterThan(300)
  })
})
