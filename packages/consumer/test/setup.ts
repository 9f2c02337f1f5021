import { rmSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { type Installed, installPacked } from '../src/install.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder that `npm pack` wrote to. */
    readonly tarballs: string
    /** A project with all packages and everything that they can use. */
    readonly stranger: string
    readonly packages: readonly Installed[]
  }
}

/** Installs the packed packages once for all test files, which write files of different names into the one project. */
export function setup(project: TestProject): () => void {
  const tarballs = process.env.PHI_PACKED
  if (tarballs === undefined) throw new Error('there are no packed packages: start this with npm run check:packages')
  const { folder, packages } = installPacked(tarballs)
  project.provide('tarballs', tarballs)
  project.provide('stranger', folder)
  project.provide('packages', packages)
  return () => rmSync(folder, { recursive: true, force: true })
}
