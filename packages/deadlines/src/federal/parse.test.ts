import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refusal } from '../../../core/test/refusal.ts'
import { parseFacts, parseOptions } from './parse.ts'

const schema = z.array(z.strictObject({ name: z.string(), on: z.string().nullish() }))

describe('reading facts', () => {
  it('gives plain data back', () => {
    expect(parseFacts(schema, [{ name: 'a' }]).map((each) => ({ ...each }))).toEqual([{ name: 'a' }])
  })

  it('reads nothing that is inherited, at any depth', () => {
    const inherits = Object.assign(Object.create({ on: '2026-01-01' }), { name: 'a' })
    expect(parseFacts(schema, [inherits])[0]?.on).toBeUndefined()
    const planted = Object.prototype as { on?: string }
    planted.on = '2026-01-01'
    try {
      expect(parseFacts(schema, [{ name: 'a' }])[0]?.on).toBeUndefined()
    } finally {
      delete planted.on
    }
  })

  it('refuses what cannot be read', async () => {
    const circle: unknown[] = []
    circle.push(circle)
    const throwing = {
      get name() {
        throw new Error('Jane Roe')
      },
    }
    const trap = new Proxy(
      {},
      {
        ownKeys() {
          throw new Error('Jane Roe')
        },
      },
    )
    for (const value of [circle, [throwing], [trap], null, undefined, 5, 'Jane Roe', new Map(), [new Date(0)]]) {
      const error = await refusal(() => parseFacts(schema, value))
      expect(error.code).toBe('PHI_DEADLINES_FACTS')
      expect(error.message).not.toContain('Jane')
      expect(error.cause).toBeUndefined()
    }
    expect((await refusal(() => parseOptions(z.strictObject({}), { a: 1 }))).code).toBe('PHI_DEADLINES_OPTIONS')
  })
})
