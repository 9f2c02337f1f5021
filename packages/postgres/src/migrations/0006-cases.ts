import type { Migration } from './migration.ts'

export const cases: Migration = {
  version: 6,
  name: 'cases',
  sql: `
select 1;
`,
}
