import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const home = fileURLToPath(new URL('../..', import.meta.url))
const text = (path: string) => readFileSync(`${home}/${path}`, 'utf8')
const folder = '.github/workflows'
const names = readdirSync(`${home}/${folder}`)

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}
interface Job {
  readonly 'timeout-minutes'?: number
  readonly permissions?: Readonly<Record<string, string>>
  readonly environment?: string
  readonly needs?: string | readonly string[]
  readonly steps: readonly Step[]
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions?: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

const workflow = (name: string) => parse(text(`${folder}/${name}`)) as Workflow
const steps = (name: string) => Object.values(workflow(name).jobs).flatMap((job) => job.steps)
const runs = (name: string) => steps(name).flatMap(({ run }) => (run === undefined ? [] : [run]))
const { jobs: release } = workflow('release.yml')
const needed = (job: string): readonly string[] => {
  const direct = [release[job]?.needs ?? []].flat()
  return [...direct, ...direct.flatMap(needed)]
}

it('there are workflows to look at', () => {
  expect(names).toEqual(expect.arrayContaining(['ci.yml', 'release.yml']))
  expect(names.filter((name) => !name.endsWith('.yml'))).toEqual([])
})

describe.each(names)('%s', (name) => {
  it('names every action by a full commit, with its version in a comment', () => {
    const lines = text(`${folder}/${name}`)
      .split('\n')
      .filter((line) => /\buses:/.test(line))
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect(line).toMatch(/^ +(- )?uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  })

  it('may read the repository, and more only where a job says so', () => {
    expect(workflow(name).permissions).toEqual({ contents: 'read' })
  })

  it('has a limit of time for every job', () => {
    for (const [id, job] of Object.entries(workflow(name).jobs)) expect(job['timeout-minutes'], id).toBeLessThanOrEqual(120)
  })

  it('runs nothing with more rights than the change that starts it, and knows no stored token', () => {
    expect(Object.keys(workflow(name).on)).not.toContain('pull_request_target')
    expect(Object.keys(workflow(name).on)).not.toContain('workflow_run')
    expect(text(`${folder}/${name}`)).not.toMatch(/secrets\.|NPM_TOKEN|NODE_AUTH_TOKEN|_authToken/)
  })

  it('puts nothing into a shell script but through the environment', () => {
    for (const run of runs(name)) expect(run).not.toContain('${{')
  })

  it('leaves no credentials behind in a checkout', () => {
    const checkouts = steps(name).filter(({ uses }) => uses?.startsWith('actions/checkout@'))
    expect(checkouts.length).toBeGreaterThan(0)
    for (const step of checkouts) expect(step.with?.['persist-credentials']).toBe(false)
  })

  it('shares no cache between runs', () => {
    expect(text(`${folder}/${name}`)).not.toMatch(/actions\/cache|^\s+cache:/m)
    for (const step of steps(name).filter(({ uses }) => uses?.startsWith('actions/setup-node@')))
      expect(step.with?.['package-manager-cache']).toBe(false)
  })

  it('names scripts and files that are there', () => {
    const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> }
    const inWith = steps(name).flatMap((step) => Object.values(step.with ?? {}).filter((value) => typeof value === 'string'))
    for (const line of [...runs(name), ...(inWith as string[])]) {
      for (const [, script] of line.matchAll(/npm run (?:-s |--silent )?([a-z:-]+)/g))
        expect(Object.keys(scripts)).toContain(script)
      for (const [, path] of line.matchAll(/(?:node|bash|tsx) ([\w./-]+)/g))
        expect(text(path as string).length).toBeGreaterThan(0)
    }
  })
})

describe('the release workflow', () => {
  const rights = (right: string) =>
    Object.entries(release)
      .filter(([, job]) => job.permissions?.[right] === 'write')
      .map(([id]) => id)

  it('gives each right to the jobs that need it, and to no other', () => {
    const given = new Set(Object.values(release).flatMap((job) => Object.keys(job.permissions ?? {})))
    expect(given).toEqual(new Set(['contents', 'pull-requests', 'id-token', 'attestations']))
    expect(rights('contents')).toEqual(['version', 'announce'])
    expect(rights('pull-requests')).toEqual(['version'])
    expect(rights('id-token')).toEqual(['attest', 'publish'])
    expect(rights('attestations')).toEqual(['attest'])
  })

  it('publishes from an environment, after tests, the audit, two equal builds and attestations of the same commit', () => {
    expect(release.publish?.environment).toBe('npm')
    expect(Object.entries(release).filter(([, job]) => job.environment !== undefined)).toHaveLength(1)
    expect(new Set(needed('publish'))).toEqual(new Set(['attest', 'plan', 'check', 'audit', 'compare', 'build', 'version']))
    expect(release.check?.steps.map(({ run }) => run)).toContain('bash .ci/run')
    for (const job of Object.values(release))
      for (const { uses, with: options } of job.steps)
        if (uses?.startsWith('actions/checkout@')) expect(options).not.toHaveProperty('ref')
  })

  it('installs nothing where an identity can be had or the repository written after a build', () => {
    for (const id of ['attest', 'publish', 'announce'])
      for (const { run } of release[id]?.steps ?? [])
        expect(run ?? '').not.toMatch(/\bnpm (ci|install|i|exec)\b|\bnpx\b|\btsx\b/)
  })

  it('publishes only what one build packed', () => {
    const downloads = ['attest', 'publish', 'announce'].map((id) =>
      release[id]?.steps.find(({ uses }) => uses?.startsWith('actions/download-artifact@')),
    )
    for (const step of downloads) expect(step?.with).toEqual({ name: 'first', path: 'release' })
  })

  it('does nothing before the owner has switched it on, and is never cut off in the middle', () => {
    expect(text(`${folder}/release.yml`)).toContain("if: vars.PHI_RELEASE == 'on'")
    expect(needed('plan')).toEqual(['version'])
    expect(workflow('release.yml')).toMatchObject({
      on: { push: { branches: ['main'] } },
      concurrency: { 'cancel-in-progress': false },
    })
  })
})

describe('the programs of a release', () => {
  const programs = readdirSync(`${home}/scripts/release`).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))

  it('import only Node’s own modules and files that do, since the jobs that publish install nothing', () => {
    const seen = new Set<string>()
    const walk = (path: string): void => {
      if (seen.has(path)) return
      seen.add(path)
      for (const [, from] of text(path).matchAll(/(?:from|import) '([^']+)'/g)) {
        expect(from, path).toMatch(/^(node:|\.)/)
        if (from?.startsWith('.')) walk(new URL(from, `file:///${path}`).pathname.slice(1))
      }
    }
    for (const name of programs) walk(`scripts/release/${name}`)
    expect(seen).toContain('scripts/workspaces.ts')
  })

  it('use no syntax that Node cannot strip', () => {
    for (const name of [...programs.map((each) => `release/${each}`), 'workspaces.ts'])
      expect(text(`scripts/${name}`), name).not.toMatch(
        /^(export )?(const )?enum |^(export )?namespace |constructor\((private|public|readonly)/m,
      )
  })
})
