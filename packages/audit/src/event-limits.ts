/** How much an event may hold: lengths in UTF-16 code units, lists in items. The schema and those who read by hand share them. */
export const MAX_NAME = 256
export const MAX_ROLE = 64
export const MAX_ROLES = 32
export const MAX_EVENT_ID = 128
export const MAX_USER_AGENT = 1024
export const MAX_PROSE = 2048
export const MAX_DETAIL = 1024
export const MAX_DETAILS = 32
export const MAX_DATA_CLASSES = 64
export const MAX_FIELDS = 256
export const MAX_PATIENTS = 1000
