import type { Migration } from './migration.ts'

export const agreements: Migration = {
  version: 5,
  name: 'agreements',
  sql: `
select 1;
`,
}
