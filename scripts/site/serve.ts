import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize, sep } from 'node:path'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.txt': 'text/plain; charset=utf-8',
}

export interface Served extends AsyncDisposable {
  readonly address: string
}

/** Serves a folder on loopback, with clean addresses, as a static host does. */
export async function serve(folder: string): Promise<Served> {
  const read = async (path: string): Promise<{ body: Buffer; type: string } | undefined> => {
    for (const each of path.endsWith('/') ? [`${path}index.html`] : [path, `${path}.html`]) {
      const file = normalize(join(folder, each))
      if (!file.startsWith(folder + sep)) return undefined
      const body = await readFile(file).catch(() => undefined)
      if (body !== undefined) return { body, type: types[extname(file)] ?? 'application/octet-stream' }
    }
    return undefined
  }
  const server = createServer(async (request, response) => {
    const found = await read(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname))
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': found?.type ?? 'text/plain' }).end(found?.body)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}
