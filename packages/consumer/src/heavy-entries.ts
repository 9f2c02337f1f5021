/** From this much on, in kilobytes of JavaScript, an entry has to say why. zod alone is more than half of it. */
export const HEAVY_FROM = 1300

/** Entries that make Node compile much when they are imported, and why. */
export const heavyEntries: Readonly<Record<string, string>> = {
  '@phi/audit/anchor/s3': 'its peer, the client of S3',
  '@phi/baa': 'the sixteen elements with their words, and jose',
  '@phi/cli': 'the command line itself; commands load what they need when they run',
  '@phi/deadlines/golden': 'the cases, and through the state rows date-holidays',
  '@phi/deadlines/incident': 'the machine of cases, and Temporal',
  '@phi/deadlines/recurring': 'ics, which brings yup',
  '@phi/deadlines/request': 'the machine of cases, and Temporal',
  '@phi/deadlines/state': 'date-holidays, which brings moment-timezone and astronomy',
  '@phi/deadlines/store': 'requests and incidents, which count days with Temporal',
  '@phi/envelope/aws-kms': 'its peer, the client of KMS',
  '@phi/envelope/kysely': 'its peer, whole',
  '@phi/http': 'the pipeline needs the log and the policy',
  '@phi/postgres': 'a store for every package, so every package',
  '@phi/retention': 'schedules, deadlines and jose',
  '@phi/retention/golden': 'the cases, and through the state rows date-holidays',
  '@phi/testing': 'a suite for every package, so every package',
  '@phi/testing/policy': 'yaml, which reads cases',
}
