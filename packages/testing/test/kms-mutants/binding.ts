import { envelopeError } from '@phi/envelope/kms'
import { bindsOnly, type KmsMutant, mapsCode, mutant } from './mutant.ts'

const CONTEXT = 'refuses a wrapped key under another tenant, purpose or id'
const SUBJECT = 'refuses a wrapped key under another subject'
const APART = 'tells contexts apart'

/** Wrong about what a wrapped key is bound to. */
export const bindingMutants: readonly KmsMutant[] = [
  mutant(
    'ignores the context',
    CONTEXT,
    bindsOnly(() => ({ tenant: 't', purpose: 'field', id: '00000000' })),
  ),
  mutant(
    'does not bind the tenant',
    CONTEXT,
    bindsOnly((context) => ({ ...context, tenant: 't' })),
  ),
  mutant(
    'does not bind the purpose',
    CONTEXT,
    bindsOnly((context) => ({ ...context, purpose: 'field' })),
  ),
  mutant(
    'does not bind the id',
    CONTEXT,
    bindsOnly((context) => ({ ...context, id: '00000000' })),
  ),
  mutant(
    'does not bind the subject',
    SUBJECT,
    bindsOnly(({ subject: _, ...context }) => context),
  ),
  mutant(
    'writes the parts of the context one after the other',
    APART,
    bindsOnly(({ tenant, subject = '', ...rest }) => ({ ...rest, tenant: `${tenant}.${subject}`.slice(0, 64) })),
  ),
  mutant(
    'writes undefined where there is no subject',
    APART,
    bindsOnly(({ subject, ...context }) => ({ ...context, subject: `${subject}` })),
  ),
  mutant(
    'normalises the subject',
    APART,
    bindsOnly(({ subject, ...context }) =>
      subject === undefined ? context : { ...context, subject: subject.normalize('NFC') },
    ),
  ),
  mutant(
    'binds the subject in lower case',
    APART,
    bindsOnly(({ subject, ...context }) => (subject === undefined ? context : { ...context, subject: subject.toLowerCase() })),
  ),
  mutant('takes short subjects only', 'takes the longest and the oddest contexts', (good) => ({
    wrap: async (request) => {
      if ((request.context.subject?.length ?? 0) > 128) throw envelopeError('PHI_ENVELOPE_KMS_REFUSED')
      return good.wrap(request)
    },
  })),
  mutant(
    'tells of another tenant as if the key were gone',
    CONTEXT,
    mapsCode('PHI_ENVELOPE_KMS_REFUSED', 'PHI_ENVELOPE_KMS_KEY_GONE'),
  ),
]
