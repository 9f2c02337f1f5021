/** A message of the PostgreSQL protocol, version 3.0: a type byte, a length, a body. The first ones of a client have no type. */
export interface Message {
  /** The type byte, or '' for a message that opens a connection. */
  readonly type: string
  /** The whole message, as it travels. */
  readonly bytes: Buffer
}

/** The codes that stand in the place of a protocol version (PostgreSQL documentation, "Message Formats"). */
export const OPENING = { ssl: 80877103, gss: 80877104, cancel: 80877102 } as const

/** Cuts a stream of bytes into messages; what is incomplete waits for more. */
export class Framer {
  #rest: Buffer = Buffer.alloc(0)
  /** Messages without a type byte come first from a client, never from a server. */
  #typed: boolean

  constructor(from: 'client' | 'server') {
    this.#typed = from === 'server'
  }

  push(chunk: Buffer): readonly Message[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    const messages: Message[] = []
    for (;;) {
      const start = this.#typed ? 1 : 0
      if (this.#rest.length < start + 4) return messages
      const length = this.#rest.readInt32BE(start) + start
      if (length < start + 4) throw new Error('this is not the PostgreSQL protocol')
      if (this.#rest.length < length) return messages
      const bytes = this.#rest.subarray(0, length)
      this.#rest = this.#rest.subarray(length)
      const message = { type: this.#typed ? String.fromCharCode(bytes[0] as number) : '', bytes }
      // After a request for encryption the client opens again; after a real opening everything has a type.
      if (!this.#typed && openingOf(message) !== OPENING.ssl && openingOf(message) !== OPENING.gss) this.#typed = true
      messages.push(message)
    }
  }
}

/** What an opening message asks for: one of {@link OPENING}, or a protocol version. */
export const openingOf = ({ bytes }: Message): number => (bytes.length >= 8 ? bytes.readInt32BE(4) : 0)

const cString = (bytes: Buffer, from: number): { text: string; next: number } => {
  const end = bytes.indexOf(0, from)
  return { text: bytes.toString('utf8', from, end), next: end + 1 }
}

/**
 * The text of the statement that a group of messages runs, up to its first parameters. `prepared` remembers, for one connection,
 * which text a name stands for.
 */
export function textOf(group: readonly Message[], prepared: Map<string, string>): string {
  let text = ''
  for (const { type, bytes } of group) {
    if (type === 'Q') text = cString(bytes, 5).text
    else if (type === 'P') {
      const { text: name, next } = cString(bytes, 5)
      text = cString(bytes, next).text
      prepared.set(name, text)
    } else if (type === 'B') {
      const { next } = cString(bytes, 5)
      text = prepared.get(cString(bytes, next).text) ?? text
    }
  }
  return text.replace(/\s+/g, ' ').trim()
}
