import type { Migration } from './migration.ts'

export const retention: Migration = {
  version: 7,
  name: 'retention',
  sql: `
select 1;
`,
}
