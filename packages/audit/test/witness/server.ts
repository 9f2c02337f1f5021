/** A witness in a process of its own: `node server.ts <directory>`. Prints its address, and serves until it is killed. */
import { systemClock } from '@phi/core'
import { witness } from '../../src/witness/index.ts'
import { fileWitnessStore, serveWitness } from '../../src/witness/node/index.ts'
import { cosignerOf, logSigner, origin } from './world.ts'

const [, , directory] = process.argv as [string, string, string]
const store = await fileWitnessStore(directory)
const w = witness({ logs: [{ origin, keys: [logSigner.vkey] }], signers: [cosignerOf(1)], store, clock: systemClock })
const { url } = await serveWitness({ witness: w })
process.stdout.write(`${url}\n`)
