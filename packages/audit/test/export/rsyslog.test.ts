import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { toCef, toSyslog } from '../../src/export/index.ts'
import { hasRsyslog, syslogServer } from '../forward/syslog-server.ts'
import { fullRecord, hostileTexts, recordWith } from './samples.ts'

const isThere = hasRsyslog('imtcp')
const all = { patients: 'include', freeText: 'include' } as const
const enterprise = 32473

/** Sends messages with the octet counts of RFC 6587 §3.4.1. */
async function send(port: number, messages: readonly string[]): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  for (const message of messages) socket.write(`${Buffer.byteLength(message)} ${message}`)
  socket.end()
  await once(socket, 'close')
}

describe.skipIf(!isThere)(`rsyslogd${isThere ? '' : ' (not found: skipped)'}`, () => {
  it('S94 S124 S125 reads each record as one message, with the parts that were written', { timeout: 60_000 }, async () => {
    const server = await syslogServer({ input: 'tcp' })
    try {
      const records = [fullRecord, ...hostileTexts.map((text) => recordWith(text.slice(0, 100)))]
      const options = { ...all, enterprise, maxBytes: 120_000 }
      const messages = [
        ...records.map((record) => toSyslog(record, options)),
        ...records.map((record) => toSyslog(record, { ...options, message: 'cef', bom: false })),
      ]
      await send(server.port, messages)
      const seen = await server.until((got) => got.length >= messages.length)
      expect(seen).toHaveLength(messages.length)
      seen.forEach((message, i) => {
        const record = records[i % records.length] as (typeof records)[number]
        expect(message.pri).toBe('109')
        expect(message.app).toBe('phi-audit')
        expect(message.msgid).toBe('read')
        // Its parser found the end of the structured data by itself: what is behind it is the message, whole.
        expect(`${message.sd} ${message.msg.trimStart()}`).toBe(
          (messages[i] as string).slice((messages[i] as string).indexOf('[')),
        )
        if (i < records.length) expect(JSON.parse(message.msg)).toEqual(record)
        else expect(message.msg.trimStart()).toBe(toCef(record, all))
      })
    } finally {
      await server.close()
    }
  })
})
