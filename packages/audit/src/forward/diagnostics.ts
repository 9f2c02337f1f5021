import { channel } from 'node:diagnostics_channel'

/**
 * Figures, codes and the names that were configured, for `node:diagnostics_channel` subscribers. Nothing of an event.
 *
 * - `phi.audit.forward.batch` { forwarder, origin, sent, delivered, next, size }: a batch was sent and answered
 * - `phi.audit.forward.failure` { forwarder, origin, code, failures }: an attempt failed, or the cursor could not be moved
 * - `phi.audit.forward.dead-letter` { forwarder, origin, index, code, attempts }: a record was set aside
 * - `phi.audit.forward.stopped` { forwarder, origin, code, next }: the log is not forwarded any further
 */
const channels = {
  batch: channel('phi.audit.forward.batch'),
  failure: channel('phi.audit.forward.failure'),
  'dead-letter': channel('phi.audit.forward.dead-letter'),
  stopped: channel('phi.audit.forward.stopped'),
}

export function tell(name: keyof typeof channels, message: Readonly<Record<string, string | number>>): void {
  if (channels[name].hasSubscribers) channels[name].publish(message)
}
