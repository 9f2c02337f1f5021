import { startServer as start, type TestServer } from '../../postgres/test/server.ts'

// The benchmarks run on the server that the tests run on.
export { freshDatabase } from '../../postgres/test/server.ts'

let shared: Promise<TestServer> | undefined

/** One server for all rows: starting one takes seconds. Each row has a database of its own. */
export async function startServer(): Promise<Pick<TestServer, 'url' | 'stop'>> {
  // With flags, so that it is a server that waits for the disk, as it does by default.
  shared ??= start(['-c', 'fsync=on'])
  const { url } = await shared
  return { url, stop: async () => {} }
}

/** Stops the server, at the end of the run. */
export async function stopServer(): Promise<void> {
  await (await shared)?.stop()
}
