export interface LoadBudget {
  /** The most JavaScript that Node compiles when the entry alone is imported, in thousands of characters. */
  readonly kilobytes: number
  /** The other packages whose files are among it. */
  readonly loads: string
}

/** What importing an entry costs, whatever the machine: written by `npm run budgets`, and read by whoever reviews the difference. */
export const loadBudgets: Readonly<Record<string, LoadBudget>> = {
  '@phi/audit': { kilobytes: 1_210, loads: '@phi/core zod' },
  '@phi/audit/merkle': { kilobytes: 936, loads: '@phi/core zod' },
  '@phi/audit/note': { kilobytes: 949, loads: '@phi/core zod' },
  '@phi/audit/store': { kilobytes: 951, loads: '@phi/core zod' },
  '@phi/audit/spool': { kilobytes: 1_003, loads: '@phi/core zod' },
  '@phi/audit/witness': { kilobytes: 984, loads: '@phi/core zod' },
  '@phi/audit/witness/node': { kilobytes: 962, loads: '@phi/core zod' },
  '@phi/audit/anchor': { kilobytes: 1_000, loads: '@phi/core zod' },
  '@phi/audit/anchor/s3': {
    kilobytes: 2_407,
    loads:
      '@aws-sdk/checksums @aws-sdk/client-s3 @aws-sdk/core @aws-sdk/credential-provider-env @aws-sdk/credential-provider-node @aws-sdk/middleware-sdk-s3 @aws-sdk/signature-v4-multi-region @aws-sdk/xml-builder @aws/lambda-invoke-store @phi/core @smithy/core @smithy/node-http-handler @smithy/signature-v4 @smithy/types zod',
  },
  '@phi/audit/tiles': { kilobytes: 1_081, loads: '@phi/core zod' },
  '@phi/audit/tiles/node': { kilobytes: 951, loads: '@phi/core zod' },
  '@phi/audit/export': { kilobytes: 989, loads: '@phi/core zod' },
  '@phi/audit/fhir': { kilobytes: 1_043, loads: '@phi/core zod' },
  '@phi/audit/forward': { kilobytes: 1_029, loads: '@phi/core zod' },
  '@phi/audit/disclosures': { kilobytes: 1_133, loads: '@phi/core zod' },
  '@phi/audit/detect': { kilobytes: 1_046, loads: '@phi/core zod' },
  '@phi/audit/ml-dsa': { kilobytes: 1_156, loads: '@noble/curves @noble/hashes @noble/post-quantum @phi/core zod' },
  '@phi/baa': { kilobytes: 1_415, loads: '@phi/core jose zod' },
  '@phi/baa/telehealth': { kilobytes: 1_071, loads: '@phi/core zod' },
  '@phi/baa/telehealth/probe': { kilobytes: 939, loads: '@phi/core zod' },
  '@phi/baa/ai': { kilobytes: 1_065, loads: '@phi/core zod' },
  '@phi/baa/safeguards': { kilobytes: 1_045, loads: '@phi/core zod' },
  '@phi/baa/vendors': { kilobytes: 969, loads: '@phi/core zod' },
  '@phi/cli': { kilobytes: 1_506, loads: '@phi/core commander picocolors zod' },
  '@phi/core': { kilobytes: 919, loads: 'zod' },
  '@phi/core/jws': { kilobytes: 1_011, loads: 'jose zod' },
  '@phi/deadlines': { kilobytes: 1_298, loads: '@phi/core temporal-polyfill temporal-utils zod' },
  '@phi/deadlines/state': {
    kilobytes: 2_998,
    loads:
      '@phi/core astronomia caldate date-bengali-revised date-chinese date-easter date-holidays date-holidays-parser deepmerge jalaali-js moment moment-timezone temporal-polyfill temporal-utils zod',
  },
  '@phi/deadlines/contract': { kilobytes: 1_265, loads: '@phi/core temporal-polyfill temporal-utils zod' },
  '@phi/deadlines/recurring': {
    kilobytes: 1_392,
    loads: '@phi/core ics nanoid property-expr runes2 temporal-polyfill temporal-utils tiny-case toposort yup zod',
  },
  '@phi/deadlines/request': { kilobytes: 1_342, loads: '@phi/core temporal-polyfill temporal-utils zod' },
  '@phi/deadlines/incident': { kilobytes: 1_343, loads: '@phi/core temporal-polyfill temporal-utils zod' },
  '@phi/deadlines/golden': {
    kilobytes: 3_218,
    loads:
      '@phi/core astronomia caldate date-bengali-revised date-chinese date-easter date-holidays date-holidays-parser deepmerge jalaali-js moment moment-timezone temporal-polyfill temporal-utils zod',
  },
  '@phi/deadlines/store': { kilobytes: 1_387, loads: '@phi/core temporal-polyfill temporal-utils zod' },
  '@phi/envelope': { kilobytes: 1_278, loads: '@phi/core jose zod' },
  '@phi/envelope/primitives': { kilobytes: 951, loads: '@phi/core zod' },
  '@phi/envelope/kms': { kilobytes: 928, loads: '@phi/core zod' },
  '@phi/envelope/local': { kilobytes: 1_039, loads: '@noble/hashes @phi/core zod' },
  '@phi/envelope/node': { kilobytes: 952, loads: '@phi/core zod' },
  '@phi/envelope/aws-kms': {
    kilobytes: 1_885,
    loads:
      '@aws-sdk/client-kms @aws-sdk/core @aws-sdk/credential-provider-env @aws-sdk/credential-provider-node @aws-sdk/xml-builder @aws/lambda-invoke-store @phi/core @smithy/core @smithy/node-http-handler @smithy/signature-v4 @smithy/types zod',
  },
  '@phi/envelope/gcp-kms': { kilobytes: 943, loads: '@phi/core zod' },
  '@phi/envelope/azure-key-vault': { kilobytes: 945, loads: '@phi/core zod' },
  '@phi/envelope/vault-transit': { kilobytes: 945, loads: '@phi/core zod' },
  '@phi/envelope/pkcs11': { kilobytes: 967, loads: '@phi/core zod' },
  '@phi/envelope/kmip': { kilobytes: 967, loads: '@phi/core zod' },
  '@phi/envelope/drizzle': { kilobytes: 1_200, loads: '@phi/core drizzle-orm zod' },
  '@phi/envelope/kysely': { kilobytes: 1_614, loads: '@phi/core kysely zod' },
  '@phi/http': { kilobytes: 1_573, loads: '@phi/audit @phi/core @phi/rbac jose zod' },
  '@phi/http/node': { kilobytes: 953, loads: '@phi/core zod' },
  '@phi/http/tls': { kilobytes: 930, loads: '@phi/core zod' },
  '@phi/http/fastify': { kilobytes: 952, loads: '@phi/core zod' },
  '@phi/http/express': { kilobytes: 945, loads: '@phi/core zod' },
  '@phi/http/hono': { kilobytes: 929, loads: '@phi/core zod' },
  '@phi/postgres': {
    kilobytes: 3_093,
    loads:
      '@phi/audit @phi/baa @phi/core @phi/deadlines @phi/envelope @phi/rbac @phi/retention jose temporal-polyfill temporal-utils zod',
  },
  '@phi/rbac': { kilobytes: 1_024, loads: '@phi/core zod' },
  '@phi/rbac/hipaa': { kilobytes: 1_034, loads: '@phi/core zod' },
  '@phi/rbac/directives': { kilobytes: 1_029, loads: '@phi/core zod' },
  '@phi/rbac/session': { kilobytes: 1_101, loads: '@phi/core jose zod' },
  '@phi/rbac/analysis': { kilobytes: 1_104, loads: '@phi/core zod' },
  '@phi/rbac/sql': { kilobytes: 1_062, loads: '@phi/core zod' },
  '@phi/rbac/cedar': { kilobytes: 1_003, loads: '@phi/core zod' },
  '@phi/retention': { kilobytes: 1_608, loads: '@phi/core @phi/deadlines jose temporal-polyfill temporal-utils zod' },
  '@phi/retention/golden': {
    kilobytes: 3_324,
    loads:
      '@phi/core @phi/deadlines astronomia caldate date-bengali-revised date-chinese date-easter date-holidays date-holidays-parser deepmerge jalaali-js moment moment-timezone temporal-polyfill temporal-utils zod',
  },
  '@phi/testing': {
    kilobytes: 3_041,
    loads:
      '@phi/audit @phi/baa @phi/core @phi/deadlines @phi/envelope @phi/rbac @phi/retention jose temporal-polyfill temporal-utils zod',
  },
  '@phi/testing/policy': { kilobytes: 1_500, loads: '@phi/core @phi/rbac yaml zod' },
  '@phi/testing/simulate': { kilobytes: 1_140, loads: '@phi/audit @phi/core zod' },
  '@phi/testing/vitest': { kilobytes: 6, loads: '' },
}
