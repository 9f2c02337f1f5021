/**
 * C2SP signed notes: texts signed by one or more keys, their keys, and the checkpoints of transparency logs.
 *
 * @module @phi/audit/note
 */
export { type Checkpoint, formatCheckpoint, parseCheckpoint } from './checkpoint.ts'
export {
  COSIGNATURE_ED25519_TYPE,
  COSIGNATURE_ML_DSA_44_TYPE,
  type Cosignature,
  type CosignatureVerifier,
  type Cosigner,
  cosignaturesOf,
  cosignatureTime,
  cosignatureVerifier,
} from './cosignature.ts'
export { type Ed25519Cosigner, ed25519Cosigner } from './cosignature-signer.ts'
export { type Ed25519Signer, ed25519Signer } from './ed25519-signer.ts'
export { noteErrors } from './errors.ts'
export {
  ED25519_TYPE,
  formatSkey,
  formatVkey,
  keyIdOf,
  type NoteAlgorithm,
  type NoteAlgorithms,
  type ParsedVkey,
  parseSkey,
  parseVkey,
  type Signer,
  type Verifier,
  verifierFromVkey,
} from './keys.ts'
export {
  formatNote,
  MAX_NOTE_LENGTH,
  MAX_NOTE_SIGNATURES,
  type NoteSignature,
  type OpenedNote,
  openNote,
  type ParsedNote,
  parseNote,
  signNote,
} from './note.ts'
