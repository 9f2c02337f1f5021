import type { Migration } from './migration.ts'

export const access: Migration = {
  version: 4,
  name: 'access',
  sql: `
select 1;
`,
}
