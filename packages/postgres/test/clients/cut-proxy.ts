import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy before a server that can be cut, whatever the client on it speaks. */
export interface CutProxy {
  through(url: string): string
  /** Resets every connection, and refuses new ones until `restore`. */
  cut(): void
  restore(): void
  /**
   * Resets the connection on which the client next sends the text: before the server gets it, or when the server answers it, so that
   * the answer is lost.
   */
  cutOn(text: string, when: 'before' | 'after'): void
  /** Nothing passes any more, in both directions, on the connections there are. */
  freeze(): void
  close(): Promise<void>
}

export async function startCutProxy(target: string): Promise<CutProxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let open = true
  let trap: { readonly text: string; readonly when: 'before' | 'after' } | undefined
  const frozen = new WeakSet<Socket>()

  const listener = createServer((client) => {
    if (!open) {
      client.resetAndDestroy()
      return
    }
    const server = connect(Number(port), hostname)
    const reset = () => {
      client.resetAndDestroy()
      server.destroy()
    }
    let sprung = false
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        server.destroy()
      })
    }
    client.on('data', (chunk) => {
      if (frozen.has(client)) return
      if (trap !== undefined && chunk.includes(trap.text)) {
        const { when } = trap
        trap = undefined
        if (when === 'before') {
          reset()
          return
        }
        sprung = true
      }
      server.write(chunk)
    })
    server.on('data', (chunk) => {
      if (sprung) reset()
      else if (!frozen.has(client)) client.write(chunk)
    })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const own = (listener.address() as { port: number }).port
  const cut = () => {
    open = false
    for (const socket of sockets) socket.destroy()
  }
  return {
    through(url) {
      const here = new URL(url)
      here.hostname = '127.0.0.1'
      here.port = String(own)
      return here.href
    },
    cut,
    restore: () => {
      open = true
    },
    cutOn: (text, when) => {
      trap = { text, when }
    },
    freeze: () => {
      for (const socket of sockets) frozen.add(socket)
    },
    close: () =>
      new Promise((resolve) => {
        cut()
        listener.close(() => resolve())
      }),
  }
}
