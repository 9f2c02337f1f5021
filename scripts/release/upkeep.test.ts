import { readdirSync, readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const at = (path: string) => new URL(`../../${path}`, import.meta.url)
const text = (path: string) => readFileSync(at(path), 'utf8')
const root = JSON.parse(text('package.json'))

interface Rule {
  readonly description: string
  readonly matchPackageNames?: readonly string[]
  readonly enabled?: boolean
  readonly automerge?: boolean
  readonly groupName?: string | null
}

describe('the configuration of Renovate', () => {
  // JSON5 is an expression of JavaScript.
  const config = runInNewContext(`(${text('.github/renovate.json5')})`) as {
    automerge: boolean
    constraints: { node: string }
    packageRules: Rule[]
  }

  it('merges nothing by itself, and says why for each rule', () => {
    expect(config.automerge).toBe(false)
    for (const rule of config.packageRules) {
      expect(rule.automerge ?? false, rule.description).toBe(false)
      expect(rule.description.length).toBeGreaterThan(15)
    }
  })

  it('knows the floor of Node and the overrides that the root package.json has', () => {
    expect(config.constraints.node).toBe(root.engines.node)
    const off = config.packageRules
      .filter(({ enabled }) => enabled === false)
      .flatMap(({ matchPackageNames = [] }) => matchPackageNames)
    expect(off).toEqual(expect.arrayContaining(Object.keys(root.overrides)))
  })

  it('groups nothing that cryptography or parsing rests on', () => {
    const rule = config.packageRules.find(({ matchPackageNames }) => matchPackageNames?.includes('@noble/**'))
    expect(rule?.matchPackageNames).toEqual(expect.arrayContaining(['jose', 'zod', 'yaml']))
    expect(rule?.groupName).toBeUndefined()
  })

  it('names packages that the repository has', () => {
    const lock = Object.keys(JSON.parse(text('package-lock.json')).packages)
    const named = config.packageRules
      .flatMap(({ matchPackageNames = [] }) => matchPackageNames)
      .filter((name) => name !== 'changesets/action')
    for (const name of named)
      expect(
        lock.some((path) => path.includes(`node_modules/${name.replace(/\*\*$/, '')}`)),
        name,
      ).toBe(true)
  })
})

describe('the templates of issues', () => {
  const forms = readdirSync(at('.github/ISSUE_TEMPLATE')).filter((name) => name !== 'config.yml')

  it('leave no way around them', () => {
    expect(parse(text('.github/ISSUE_TEMPLATE/config.yml'))).toEqual({ blank_issues_enabled: false })
    expect(forms).toHaveLength(4)
  })

  it.each(forms)('%s warns of health information first, and has it confirmed last', (name) => {
    const { body, name: title, description } = parse(text(`.github/ISSUE_TEMPLATE/${name}`))
    expect(title.length + description.length).toBeGreaterThan(30)
    expect(body[0].attributes.value).toMatch(/^\*\*No health information\.\*\*/)
    expect(body[0].attributes.value).toContain('Report a vulnerability')
    expect(body.at(-1)).toMatchObject({ type: 'checkboxes', attributes: { options: [{ required: true }, { required: true }] } })
    const ids = body.flatMap(({ id }: { id?: string }) => id ?? [])
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('ask for the source, word for word, before a rule of law is changed', () => {
    const { body } = parse(text('.github/ISSUE_TEMPLATE/3-rule.yml'))
    const required = body
      .filter(({ validations }: { validations?: { required?: boolean } }) => validations?.required)
      .map(({ id }: { id: string }) => id)
    expect(required).toEqual(expect.arrayContaining(['citation', 'text', 'since']))
  })
})

it('CODEOWNERS names nobody who has not agreed', () => {
  expect(
    text('.github/CODEOWNERS')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#')),
  ).toEqual([])
})
