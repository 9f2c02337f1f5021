import type { Migration } from './migration.ts'

export const keys: Migration = {
  version: 3,
  name: 'keys',
  sql: `
select 1;
`,
}
