// The same suites under Node's own runner: `npm test` here, and suites.test.ts with the rest of the repository.
import { describe, it } from 'node:test'
import { registerAll } from './suites.ts'

registerAll({ describe, it })
