import { type ChildProcess, spawn } from 'node:child_process'
import { runnable } from '../../../core/test/run-program.ts'

/** Writer processes (persistent-writer.ts) and what they have printed. */
export interface Writers {
  /** In the order in which they were printed. */
  readonly acknowledged: string[]
  readonly tried: Set<string>
  readonly notes: string[]
  readonly errors: Map<string, number>
  /** Failures after which a writer gave up, and whatever it wrote to its standard error. */
  readonly fatal: string[]
  start(name: string, url: string, origin: string): void
  /** SIGKILL to all of them. */
  kill(): Promise<void>
  /** Lets them finish what they are at, and waits for their end. */
  finish(): Promise<void>
}

/** Writers that can be started at once. Their program is taken away when they are killed or have finished. */
export async function writers(): Promise<Writers> {
  const program = await runnable(new URL('./persistent-writer.ts', import.meta.url))
  const children = new Map<ChildProcess, Promise<void>>()
  const acknowledged: string[] = []
  const tried = new Set<string>()
  const notes: string[] = []
  const errors = new Map<string, number>()
  const fatal: string[] = []
  const killed = new Set<ChildProcess>()

  const heard = (line: string) => {
    const [word, ...rest] = line.split(' ')
    const text = rest.join(' ').trim()
    if (word === 'ack') acknowledged.push(text)
    else if (word === 'try') tried.add(text)
    else if (word === 'note') notes.push(Buffer.from(text, 'base64').toString())
    else if (word === 'err') errors.set(text, (errors.get(text) ?? 0) + 1)
    else if (word === 'fatal') fatal.push(text)
  }

  return {
    acknowledged,
    tried,
    notes,
    errors,
    fatal,
    start(name, url, origin) {
      const child = spawn(process.execPath, [...program.argv, url, origin, name], {
        stdio: ['pipe', 'pipe', 'pipe'],
      })
      let text = ''
      let complaints = ''
      child.stdout.on('data', (chunk: Buffer) => {
        const lines = (text + chunk.toString()).split('\n')
        // A line that was cut short by SIGKILL was never said.
        text = lines.pop() ?? ''
        for (const line of lines) heard(line)
      })
      child.stderr.on('data', (chunk: Buffer) => {
        complaints += chunk.toString()
      })
      const ended = new Promise<void>((resolve) =>
        child.on('close', (code) => {
          if (!killed.has(child) && code !== 0) fatal.push(`writer ended with ${code}: ${complaints.slice(0, 2000)}`)
          children.delete(child)
          resolve()
        }),
      )
      children.set(child, ended)
    },
    async kill() {
      const all = [...children]
      for (const [child] of all) {
        killed.add(child)
        child.kill('SIGKILL')
      }
      await Promise.all(all.map(([, ended]) => ended))
      await program.remove()
    },
    async finish() {
      const all = [...children]
      for (const [child] of all) child.stdin?.end()
      await Promise.all(all.map(([, ended]) => ended))
      await program.remove()
    },
  }
}
