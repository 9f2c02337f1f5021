import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Binaries, createCluster, serverUser } from './cluster.ts'
import { forgetTemplate, type TestServer } from './server.ts'

/** Where Debian and Ubuntu keep the versions that are installed side by side. */
const ROOT = '/usr/lib/postgresql'

/** The PostgreSQL versions, 15 and later, that are installed on this machine and can be run by the tests. Oldest first. */
export function installedVersions(): readonly number[] {
  if (!existsSync(ROOT) || serverUser() === undefined) return []
  return readdirSync(ROOT)
    .map(Number)
    .filter(
      (version) =>
        version >= 15 && ['initdb', 'postgres'].every((name) => existsSync(join(ROOT, String(version), 'bin', name))),
    )
    .toSorted((a, b) => a - b)
}

export const installedBinaries = (version: number): Binaries => ({
  name: `PostgreSQL ${version}`,
  directory: join(ROOT, String(version), 'bin'),
})

/** Starts a server of an installed version, with data of its own in a temporary directory. */
export async function startInstalledServer(version: number, flags: readonly string[] = []): Promise<TestServer> {
  const cluster = await createCluster(installedBinaries(version))
  await cluster.start(flags)
  const stop = () => {
    forgetTemplate(cluster.url)
    return cluster.remove()
  }
  return { url: cluster.url, own: true, stop }
}
