import { startServer as start, type TestServer } from '../../postgres/test/server.ts'

// The benchmarks run on the server that the tests run on.
export { freshDatabase } from '../../postgres/test/server.ts'

const started = new Map<string, Promise<TestServer>>()

/** One server of a kind for all rows: starting one takes seconds. Each row has a database of its own. */
async function serverWith(...flags: string[]): Promise<Pick<TestServer, 'url' | 'stop'>> {
  const kind = flags.join(' ')
  const server = started.get(kind) ?? start(flags)
  started.set(kind, server)
  const { url } = await server
  return { url, stop: async () => {} }
}

/** With flags, so that it is a server that waits for the disk, as it does by default. */
export const startServer = () => serverWith('-c', 'fsync=on')

/**
 * One whose files lie in memory, where a flush takes no time: for rows that say how long one takes. Any flag but that of the disk makes
 * it such a one. Where DATABASE_URL names a server, it is that one, and its disk's flush comes on top.
 */
export const startServerInMemory = () => serverWith('-c', 'full_page_writes=on')

/** Stops the servers, at the end of the run. */
export async function stopServer(): Promise<void> {
  for (const server of started.values()) await (await server).stop()
  started.clear()
}
