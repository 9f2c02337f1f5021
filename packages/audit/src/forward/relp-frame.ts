/*
 * Frames of RELP, the Reliable Event Logging Protocol: `TXNR SP COMMAND SP DATALEN [SP DATA] LF` (librelp, doc/relp.md).
 */
export interface RelpFrame {
  /** 0 for a hint of the server, else from 1 to 999,999,999. */
  readonly transaction: number
  readonly command: string
  readonly data: Buffer
}

export const MOST_TRANSACTION = 999_999_999
/** What a frame may hold in version 0 and 1. */
export const MOST_RELP_DATA = 128 * 1024

export function encodeFrame(transaction: number, command: string, data: Uint8Array): Buffer {
  const head = `${transaction} ${command} ${data.length}${data.length > 0 ? ' ' : ''}`
  return Buffer.concat([Buffer.from(head, 'latin1'), data, Buffer.from('\n')])
}

/** `undefined` when the bytes so far are the beginning of a frame; `'malformed'` when they are not. */
export function decodeFrame(bytes: Buffer): { frame: RelpFrame; length: number } | 'malformed' | undefined {
  const head = bytes.subarray(0, 64).toString('latin1')
  const match = /^(\d{1,9}) ([A-Za-z]{1,32}) (\d{1,9})([ \n])/.exec(head)
  if (match === null) return bytes.length < 64 && isBeginning(head) ? undefined : 'malformed'
  const [whole, transaction, command, digits, after] = match as unknown as [string, string, string, string, string]
  const size = Number(digits)
  if (size > MOST_RELP_DATA || (size === 0 && after !== '\n' && !isSpaceBeforeEnd(bytes, whole.length))) return 'malformed'
  if (size > 0 && after !== ' ') return 'malformed'
  if (size === 0) {
    const length = after === '\n' ? whole.length : whole.length + 1
    if (bytes.length < length) return undefined
    return { frame: { transaction: Number(transaction), command, data: Buffer.alloc(0) }, length }
  }
  const end = whole.length + size
  if (bytes.length <= end) return undefined
  if (bytes[end] !== 0x0a) return 'malformed'
  return {
    frame: { transaction: Number(transaction), command, data: Buffer.from(bytes.subarray(whole.length, end)) },
    length: end + 1,
  }
}

/** Some servers put the space also where no data follows. */
const isSpaceBeforeEnd = (bytes: Buffer, at: number): boolean => bytes.length === at || bytes[at] === 0x0a

const isBeginning = (head: string): boolean => /^(\d{0,9}|\d{1,9} [A-Za-z]{0,32}|\d{1,9} [A-Za-z]{1,32} \d{0,9})$/.test(head)

/** The status of a response: three digits, then a space, a line end, or nothing. */
export function statusOf(data: Buffer): number | undefined {
  const match = /^(\d{3})(?:[ \n]|$)/.exec(data.subarray(0, 4).toString('latin1'))
  return match === null ? undefined : Number(match[1])
}

/** The offers of a response to `open`: lines `name=value` after the first one. */
export function offersOf(data: Buffer): ReadonlyMap<string, string> {
  const lines = data.toString('latin1').split('\n').slice(1)
  return new Map(
    lines
      .filter((line) => line !== '')
      .map((line) => {
        const at = line.indexOf('=')
        return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)]
      }),
  )
}
