import fc from 'fast-check'

// The short form draws the same cases in every run, so that a red build is about the change and not about the draw. New cases are
// for `npm run test:long`, or for PHI_SEED, which takes another seed (a failing property prints its own).
const { PHI_SEED, PHI_LONG } = process.env
if (PHI_SEED !== undefined || PHI_LONG !== '1') {
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number.parseInt(PHI_SEED ?? '45164', 10) })
}
