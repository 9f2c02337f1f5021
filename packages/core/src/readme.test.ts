import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { firstProgram, runFirstProgram } from '../test/readme.ts'

const readme = fileURLToPath(new URL('../README.md', import.meta.url))

describe('the first program of the README', () => {
  it('runs as printed and prints what its comments say', async () => {
    const program = await firstProgram(readme)
    expect(program.trim().split('\n').length).toBeLessThanOrEqual(20)
    const promised = [...program.matchAll(/^console\.log\(.*\) \/\/ (.*)$/gm)].map(([, line]) => line)
    expect(promised.length).toBeGreaterThan(2)
    const { stdout, stderr, code } = await runFirstProgram(readme)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.trimEnd().split('\n')).toEqual(promised)
  })
})
