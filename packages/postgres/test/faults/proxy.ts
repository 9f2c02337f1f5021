import { createServer, type Socket, connect as toPort } from 'node:net'
import { Framer, type Message, OPENING, openingOf, textOf } from './wire.ts'

/**
 * What happens to one statement on its way.
 *
 * - `cut`: the connection is reset.
 * - `cut-half`: half of the answer arrives, then the connection is reset.
 * - `drop`: silence from here on, in both directions. The server hears of it when the client closes the connection.
 * - `part`: silence, and the server never hears that the client is gone: a network that is in two halves.
 * - `hold`: the statement goes on after `ms`, also where the client has given up meanwhile.
 *
 * `before` means before the server has seen the statement, `after` that the server has executed it and the answer is lost.
 */
export type Fault =
  | { readonly kind: 'cut' | 'drop' | 'part'; readonly when: 'before' | 'after' }
  | { readonly kind: 'cut-half' }
  | { readonly kind: 'hold'; readonly ms: number }

/** A statement as the proxy saw it. The opening of a connection, with its authentication, is a statement of the text `connect`. */
export interface SeenStatement {
  /** Counted from 1 over all connections. */
  readonly n: number
  readonly text: string
}

export interface FaultProxy {
  readonly port: number
  readonly seen: readonly SeenStatement[]
  /** The same connection string, through the proxy. */
  through(url: string): string
  /** Decides for every statement, as it arrives. */
  plan: (statement: SeenStatement) => Fault | undefined
  /** How many faults were carried out. */
  readonly faults: number
  /** New connections go to this port from now on; the old ones are reset. */
  retarget(port: number): void
  close(): Promise<void>
}

interface Statement {
  readonly seen: SeenStatement
  readonly fault: Fault | undefined
}

const isAfter = (fault: Fault | undefined): boolean =>
  fault !== undefined && (fault.kind === 'cut-half' || ('when' in fault && fault.when === 'after'))

/** A TCP proxy to a port of this machine. It knows where statements begin and end, and lets a plan decide what becomes of each. */
export async function startFaultProxy(target: number): Promise<FaultProxy> {
  const seen: SeenStatement[] = []
  const sockets = new Set<Socket>()
  const timers = new Set<NodeJS.Timeout>()
  let port = target
  let faults = 0
  let plan: FaultProxy['plan'] = () => undefined

  const arrived = (text: string): Statement => {
    const statement = { n: seen.length + 1, text }
    seen.push(statement)
    return { seen: statement, fault: plan(statement) }
  }

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer)
        resolve()
      }, ms)
      timers.add(timer)
    })

  const serve = (client: Socket) => {
    const server = toPort(port, '127.0.0.1')
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    const fromClient = new Framer('client')
    const fromServer = new Framer('server')
    const prepared = new Map<string, string>()
    const underWay: Statement[] = []
    let group: Message[] = []
    let answer: Buffer[] = []
    let open = false
    let silent = false
    let parted = false
    let held = 0
    let clientGone = false
    let forwarding: Promise<void> = Promise.resolve()

    const reset = () => {
      client.resetAndDestroy()
      server.destroy()
    }
    const silence = (fault: Fault) => {
      silent = true
      parted = fault.kind === 'part'
    }
    /** Carries out what is to happen before the server sees the statement; false when it shall not see it. */
    const before = async ({ fault }: Statement): Promise<boolean> => {
      if (fault === undefined || isAfter(fault)) return true
      faults++
      if (fault.kind === 'hold') {
        held++
        await pause(fault.ms)
        held--
        return true
      }
      if (fault.kind === 'cut') reset()
      else silence(fault)
      return false
    }
    const send = (statement: Statement | undefined, messages: readonly Message[]) => {
      forwarding = forwarding.then(async () => {
        if (silent) return
        if (statement !== undefined) {
          if (!(await before(statement))) return
          underWay.push(statement)
        }
        server.write(Buffer.concat(messages.map(({ bytes }) => bytes)))
      })
    }

    client.on('data', (chunk) => {
      for (const message of fromClient.push(chunk)) {
        if (message.type === '') {
          const asked = openingOf(message)
          if (asked === OPENING.ssl || asked === OPENING.gss) client.write('N')
          else if (asked === OPENING.cancel) server.end(message.bytes)
          else send(arrived('connect'), [message])
        } else if (message.type === 'p' || message.type === 'X') send(undefined, [message])
        else {
          group.push(message)
          if (message.type !== 'Q' && message.type !== 'S') continue
          send(arrived(textOf(group, prepared)), group)
          group = []
        }
      }
    })
    server.on('data', (chunk) => {
      if (silent) return
      for (const message of fromServer.push(chunk)) {
        // While a connection opens, questions and answers take turns; only its end can be kept back.
        if (!open && message.type !== 'Z') {
          client.write(message.bytes)
          continue
        }
        answer.push(message.bytes)
        if (message.type !== 'Z') continue
        open = true
        const whole = Buffer.concat(answer)
        answer = []
        const fault = underWay.shift()?.fault
        if (!isAfter(fault)) {
          client.write(whole)
          if (clientGone && held === 0 && underWay.length === 0) server.destroy()
          continue
        }
        faults++
        if (fault?.kind === 'cut-half') client.write(whole.subarray(0, whole.length >> 1), () => reset())
        else if (fault?.kind === 'cut') reset()
        else silence(fault as Fault)
        return
      }
    })
    client.on('close', () => {
      clientGone = true
      // What is held back still arrives; what is parted never says goodbye.
      if (!parted && held === 0) server.destroy()
    })
    server.on('close', () => {
      if (silent) return
      if (answer.length > 0) client.write(Buffer.concat(answer))
      client.end()
    })
  }

  const listener = createServer({ allowHalfOpen: false }, serve)
  await new Promise<void>((resolve, reject) => {
    listener.on('error', reject)
    listener.listen(0, '127.0.0.1', resolve)
  })
  const own = (listener.address() as { port: number }).port
  const drop = () => {
    for (const timer of timers) clearTimeout(timer)
    for (const socket of sockets) socket.destroy()
  }

  return {
    port: own,
    seen,
    through(url) {
      const here = new URL(url)
      here.hostname = '127.0.0.1'
      here.port = String(own)
      return here.href
    },
    get plan() {
      return plan
    },
    set plan(next) {
      plan = next
    },
    get faults() {
      return faults
    },
    retarget(next) {
      port = next
      drop()
    },
    close: () =>
      new Promise((resolve) => {
        drop()
        listener.close(() => resolve())
      }),
  }
}
