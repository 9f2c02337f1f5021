/**
 * C2SP witnesses: cosignatures on checkpoints, the tlog-witness client, a reference witness, and the policy that verification asks for.
 *
 * @module @phi/audit/witness
 */
export {
  type CosignatureVerifier,
  type Cosigner,
  cosignatureTime,
  cosignatureVerifier,
} from '../note/cosignature.ts'
export { type Ed25519Cosigner, ed25519Cosigner } from '../note/cosignature-signer.ts'
export {
  type CosignOptions,
  cosign,
  type ProofSource,
  type WitnessAddress,
  type WitnessDetail,
  type WitnessOutcome,
  type WitnessResult,
} from './client.ts'
export { witnessErrors } from './errors.ts'
export type { WitnessFetch } from './exchange.ts'
export { witnessHandler } from './handler.ts'
export type { LogWitnesses } from './offering.ts'
export {
  formatWitnessPolicy,
  MAX_POLICY_ITEMS,
  MAX_POLICY_LENGTH,
  meetsQuorum,
  type PolicyGroup,
  type PolicyLog,
  type PolicyWitness,
  parseWitnessPolicy,
  type WitnessPolicy,
  type WitnessPolicyInput,
  witnessPolicy,
} from './policy.ts'
export { memoryWitnessStore, type WitnessState, type WitnessStore } from './store.ts'
export { type Witness, type WitnessAnswer, type WitnessedLog, type WitnessOptions, witness } from './witness.ts'
