import { errorsOf } from '@phi/core'

/** The errors of the Merkle helpers. A well-formed proof that proves nothing is no error: the verifiers answer false. */
export const merkleErrors = {
  PHI_AUDIT_MERKLE_INPUT: {
    problem: 'The input is not what the Merkle tree functions take',
    remedy: 'Pass hashes as 32-byte Uint8Array, and sizes and indices as bigint or as non-negative safe integers.',
  },
  PHI_AUDIT_MERKLE_READ: {
    problem: 'The reader of tile hashes did not return the hashes it was asked for',
    remedy: 'Check that the tiles of this level are complete up to the tree size; a missing or short tile cannot be skipped.',
  },
} as const

export const merkleError = errorsOf(merkleErrors)
