/**
 * What a witness needs in Node: a store in a directory, and a server.
 *
 * @module @phi/audit/witness/node
 */
export { type FileWitnessStore, fileWitnessStore } from './file-store.ts'
export { serveWitness, type WitnessServer } from './serve.ts'
