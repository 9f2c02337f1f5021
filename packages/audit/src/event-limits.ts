/** How much an event may hold: lengths in UTF-16 code units, lists in items. The schema and those who read by hand share them. */
export const eventLimits = {
  /** Identifiers, and what else names something. */
  name: 256,
  role: 64,
  roles: 32,
  eventId: 128,
  userAgent: 1024,
  /** A reason, and what a disclosure says. */
  prose: 2048,
  /** A text in `details`. */
  detail: 1024,
  /** Keys of `details`. */
  details: 32,
  dataClasses: 64,
  fields: 256,
  patients: 1000,
} as const
