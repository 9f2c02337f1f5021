import { mkdir, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { describePrograms, describeTables, named, readDocument, rowsOf, sectionOf } from '../../core/test/documents.ts'
import { runText } from '../../core/test/run-program.ts'
import { canMakeCertificates, certificates } from '../test/sockets/certificates.ts'
import * as express from './express/index.ts'
import * as fastify from './fastify/index.ts'
import * as hono from './hono/index.ts'
import * as root from './index.ts'
import * as node from './node/index.ts'
import * as tls from './tls/index.ts'

const readme = await readDocument('packages/http/README.md')

await describePrograms('http', ['packages/http/README.md'])

describeTables(
  readme,
  {
    '@phi/http': root,
    '@phi/http/node': node,
    '@phi/http/tls': tls,
    '@phi/http/fastify': fastify,
    '@phi/http/express': express,
    '@phi/http/hono': hono,
  },
  [root.httpErrors, node.nodeErrors, tls.tlsErrors],
)

describe('the other tables of the README', () => {
  it('name the steps in their order', () => {
    expect(rowsOf(sectionOf(readme, 'The steps')).map(([step]) => step)).toEqual(['step', ...root.steps])
  })

  it('name for each step problems that there are', () => {
    const told = rowsOf(sectionOf(readme, 'The steps')).flatMap(([, , ends]) => named(ends))
    expect(told.length).toBeGreaterThan(10)
    expect(told.filter((code) => !Object.hasOwn(root.problems, code))).toEqual(['problem()'])
  })

  it('name every problem, its status and what it means', () => {
    const wanted = Object.entries(root.problems).map(([code, { status, meaning }]) => [`\`${code}\``, `${status}`, meaning])
    expect(rowsOf(sectionOf(readme, 'Problems')).slice(1)).toEqual(wanted)
  })

  it('name every limit of a server and its default', () => {
    const [, limits = ''] = readme.split('### Limits against slow and greedy clients')
    const rows = rowsOf(limits.split('\n## ')[0] as string).slice(1)
    const told = rows.flatMap(([names, values]) => {
      const figures = (values ?? '').split(/, (?=\d)/).map((each) => Number(each.replaceAll(',', '')))
      return named(names).map((name, index) => [name, figures[index]])
    })
    expect(Object.fromEntries(told)).toEqual(node.serverLimits)
  })
})

describe.skipIf(!canMakeCertificates())('the program of two services over mutual TLS', () => {
  it('runs as printed beside the files that it reads', async () => {
    const [, program = ''] = /^```typescript\n(.*?)^```$/ms.exec(readme) ?? []
    const folder = fileURLToPath(new URL(`../.tmp/readme-${process.pid}-tls`, import.meta.url))
    const made = certificates()
    await mkdir(folder, { recursive: true })
    try {
      const authority = made.authority()
      await writeFile(`${folder}/internal-ca.pem`, authority.pem)
      for (const name of ['billing', 'notes']) {
        const { key, cert } = authority.issue({ names: `URI:spiffe://clinic.example/${name}` })
        await writeFile(`${folder}/${name}.key`, key)
        await writeFile(`${folder}/${name}.pem`, cert)
      }
      expect(await runText(program, `${folder}/program.mts`, { cwd: folder })).toEqual({
        stdout: '["URI:spiffe://clinic.example/notes"]\n',
        stderr: '',
        code: 0,
      })
    } finally {
      made.remove()
      await rm(folder, { recursive: true })
    }
  })
})
