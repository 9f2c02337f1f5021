import { tell } from '@phi/example-platform'
import { day } from './day.ts'

process.exitCode = (await tell(day)) ? 0 : 1
