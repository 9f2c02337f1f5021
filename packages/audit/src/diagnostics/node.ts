import { channel } from 'node:diagnostics_channel'
import type { AuditDiagnostics } from './diagnostics.ts'

const channels = new Map<string, ReturnType<typeof channel>>()

export const diagnostics: AuditDiagnostics = {
  wanted(name) {
    let found = channels.get(name)
    if (found === undefined) {
      found = channel(name)
      channels.set(name, found)
    }
    return found.hasSubscribers
  },
  publish(name, message) {
    channels.get(name)?.publish(message)
  },
}
