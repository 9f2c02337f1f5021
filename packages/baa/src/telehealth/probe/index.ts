export { probeErrors } from './errors.ts'
export { type ProbeOptions, probe } from './probe.ts'
