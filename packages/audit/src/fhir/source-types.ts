/** The displays of security-source-type (FHIR R4). */
export const SOURCE_TYPE_DISPLAYS = {
  1: 'User Device',
  2: 'Data Interface',
  3: 'Web Server',
  4: 'Application Server',
  5: 'Database Server',
  6: 'Security Server',
  7: 'Network Device',
  8: 'Network Router',
  9: 'Other',
} as const
