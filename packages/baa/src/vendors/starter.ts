import { freeze } from '../freeze.ts'
import type { Vendor, VendorRegistry, VendorSource } from './vendor.ts'

// A small set to begin with, and to see the form by. Everything was read in stored copies, which may be older than the day on which they
// were read; where only a part of a page was in the copy, nothing is claimed of the rest. After `reviewBy` every answer is "unknown".

const SEEN = '2026-11-22'
const REVIEWED = { asOf: SEEN, reviewBy: '2027-02-22' } as const

/** A page or document of the vendor itself. */
const own = (url: string, title: string, says: string): VendorSource => ({
  url,
  title,
  seen: SEEN,
  confirmation: 'text-seen',
  copy: 'stored',
  says,
})
/** Somebody else's account. */
const other = (url: string, title: string, says: string): VendorSource => ({
  ...own(url, title, says),
  confirmation: 'secondary',
})

const vendors: readonly Vendor[] = [
  {
    id: 'aws',
    name: 'Amazon Web Services',
    ...REVIEWED,
    products: [
      {
        id: 's3',
        name: 'Amazon S3',
        services: ['storage.object', 'storage.backup'],
        baa: {
          available: 'yes',
          plans: 'any',
          conditions: [
            {
              condition: 'baa-accepted',
              says: 'Accept the Business Associate Addendum for the account or the organization in AWS Artifact.',
            },
            {
              condition: 'only-eligible-services',
              says: 'Keep protected health information to services that are named as eligible.',
            },
            { condition: 'encrypt-at-rest', says: 'Encrypt it at rest.' },
            { condition: 'encrypt-in-transit', says: 'Encrypt it in transit.' },
          ],
        },
        sources: [
          other(
            'https://www.hipaaguide.net/is-amazon-web-services-hipaa-compliant/',
            'Is Amazon Web Services HIPAA Compliant?',
            'The addendum covers eligible services, and asks for encryption in transit and at rest.',
          ),
          other(
            'https://www.tcsa.in/resources/aws-hipaa-compliance-guide',
            'AWS HIPAA Compliance Guide',
            'The addendum is accepted by the customer in AWS Artifact.',
          ),
          other(
            'https://docslib.org/doc/2181781/architecting-for-hipaa-security-and-compliance-whitepaper',
            'Copy of a whitepaper of AWS on architecting for HIPAA',
            'Storage and database services are among those that the whitepaper describes for protected health information.',
          ),
        ],
      },
      {
        id: 'bedrock',
        name: 'Amazon Bedrock',
        services: ['ai'],
        baa: {
          available: 'yes',
          plans: 'any',
          conditions: [
            {
              condition: 'baa-accepted',
              says: 'Accept the Business Associate Addendum for the account or the organization in AWS Artifact.',
            },
            { condition: 'no-provider-data-sharing', says: 'Use no model whose provider is given prompts or outputs.' },
          ],
        },
        sources: [
          other(
            'https://elliotdrel.com/aws-bedrock-hipaa',
            'AWS Bedrock Signup Guide, Setting Up for HIPAA Compliance',
            'Bedrock is on the list of eligible services; some models ask that prompts and outputs are shared with their provider.',
          ),
        ],
      },
    ],
  },
  {
    id: 'datadog',
    name: 'Datadog',
    ...REVIEWED,
    products: [
      {
        id: 'log-management',
        name: 'Log Management',
        services: ['storage.logs', 'monitoring'],
        baa: {
          available: 'yes',
          conditions: [
            {
              condition: 'encrypted-endpoints',
              says: 'Send logs to the endpoints that are named for encrypted intake, before the agreement is signed.',
            },
            {
              condition: 'only-eligible-services',
              says: 'Keep protected health information to services that are named as eligible.',
            },
          ],
        },
        sources: [
          own(
            'https://docs.datadoghq.com/security/logs/',
            'Log Management data security',
            'An agreement is signed with customers that send protected health information by log management, once certain endpoints are configured.',
          ),
          other(
            'https://github.com/DataDog/pup/issues/669',
            'An issue of a customer under an agreement',
            'There is a list of eligible services, and not every tool is on it.',
          ),
        ],
      },
    ],
  },
  {
    id: 'doxy-me',
    name: 'Doxy.me',
    ...REVIEWED,
    products: [
      {
        id: 'doxy-me',
        name: 'Doxy.me',
        services: ['telehealth.video', 'telehealth.audio', 'telehealth.chat', 'telehealth.waiting-room'],
        baa: {
          available: 'yes',
          plans: { free: 'unknown', pro: 'on-request', clinic: 'on-request', enterprise: 'on-request' },
          conditions: [{ condition: 'baa-signed-in-account', says: 'Sign the agreement; a paid plan alone does not.' }],
        },
        sources: [
          own(
            'https://help.doxy.me/en/articles/95854-is-doxy-me-hipaa-compliant',
            'Is doxy.me HIPAA compliant?',
            'The vendor signs a business associate agreement. The part that was read names no plan.',
          ),
          own(
            'https://help.doxy.me/en/articles/95911-security-and-privacy-overview',
            'Security and privacy overview',
            'Audio, video and chat of sessions are not recorded or saved.',
          ),
          other(
            'https://phiguard.app/resources/guides/is-doxy.me-hipaa-compliant',
            'Is Doxy.me HIPAA Compliant?',
            'Paid plans come with an agreement that the clinic has to sign; the free plan is said to have none.',
          ),
        ],
      },
    ],
  },
  {
    id: 'google-workspace',
    name: 'Google Workspace',
    ...REVIEWED,
    products: [
      {
        id: 'workspace',
        name: 'Google Workspace and Cloud Identity',
        services: ['messaging.email', 'scheduling', 'storage.object', 'telehealth.video', 'identity'],
        baa: {
          available: 'yes',
          conditions: [
            {
              condition: 'baa-accepted',
              says: 'An administrator reviews and accepts the agreement in the console before any use with protected health information.',
            },
            {
              condition: 'only-included-functionality',
              says: 'Keep protected health information to what is named as included functionality.',
            },
          ],
        },
        sources: [
          own(
            'https://support.google.com/a/answer/3407054',
            'HIPAA Compliance with Google Workspace and Cloud Identity',
            'Administrators accept an agreement electronically, and it covers what is named as included functionality. The part that was read names no edition.',
          ),
          other(
            'https://planet9security.com/blog/is-google-workspace-hipaa-complaint',
            'An article on Google Workspace and HIPAA',
            'A paid subscription is needed, and only services with covered functionality may be used.',
          ),
        ],
      },
    ],
  },
  {
    id: 'openai',
    name: 'OpenAI',
    ...REVIEWED,
    products: [
      {
        id: 'api',
        name: 'OpenAI API',
        services: ['ai'],
        baa: {
          available: 'yes',
          plans: { api: 'on-request' },
          conditions: [
            {
              condition: 'zero-data-retention-on',
              says: 'Have the retention control approved and configured for the organization or project.',
            },
            { condition: 'only-eligible-endpoints', says: 'Call only the endpoints that are eligible under the agreement.' },
            { condition: 'no-data-sharing', says: 'Do not opt in to share data for the improvement of models.' },
          ],
        },
        ai: { training: 'opt-in', retention: { days: 30 } },
        sources: [
          own(
            'https://developers.openai.com/api/docs/guides/your-data',
            'Data controls in the OpenAI platform',
            'Data sent to the API is not used for training unless the customer opts in. Logs against abuse hold content for up to 30 days, longer where law or protection from harm asks for it; approved customers can have content left out.',
          ),
          own(
            'https://developers.openai.com/zh-Hans/api/docs/guides/your-data',
            'The same page in Chinese, in a longer copy',
            'There is an addendum for business associates, with endpoints that are eligible under it.',
          ),
          other(
            'https://baa-atlas.vercel.app/vendors/openai',
            'Is OpenAI HIPAA compliant?',
            'Agreements are requested by mail and reviewed case by case, and cover named services with zero retention.',
          ),
        ],
      },
      {
        id: 'chatgpt',
        name: 'ChatGPT',
        services: ['ai.chat'],
        baa: {
          available: 'yes',
          plans: {
            free: 'never',
            plus: 'never',
            pro: 'never',
            team: 'never',
            business: 'never',
            enterprise: 'on-request',
            edu: 'on-request',
          },
        },
        sources: [
          other(
            'https://www.shieldra.ai/hipaa-compliant/openai-chatgpt',
            'Is OpenAI (ChatGPT / API) HIPAA compliant?',
            'Enterprise and Edu on a sales-managed account can have an agreement; the free, consumer and self-serve plans cannot.',
          ),
        ],
      },
    ],
  },
  {
    id: 'sentry',
    name: 'Sentry',
    ...REVIEWED,
    products: [
      {
        id: 'sentry',
        name: 'Sentry',
        services: ['monitoring'],
        baa: {
          available: 'yes',
          plans: { developer: 'unknown', team: 'unknown', business: 'on-request', enterprise: 'on-request' },
        },
        sources: [
          own(
            'https://sentry.io/legal/baa/',
            'Business Associate Amendment, version 1.0.0 of 21 December 2021',
            'The amendment takes effect when the customer accepts it electronically.',
          ),
          other(
            'https://github.com/api-evangelist/sentry-system/blob/3f0950f857cc7bbcde3041ed2a0d281f526835c9/security/sentry-system-trust-center.yml',
            'A survey of trust centers',
            'The amendment is offered on the Business tier and higher.',
          ),
        ],
      },
    ],
  },
  {
    id: 'stripe',
    name: 'Stripe',
    ...REVIEWED,
    products: [
      {
        id: 'payments',
        name: 'Stripe',
        services: ['billing.payments'],
        baa: { available: 'no' },
        sources: [
          other(
            'https://www.shieldra.ai/hipaa-compliant/stripe',
            'Is Stripe HIPAA compliant?',
            'The services agreement forbids customers to provide protected health information. Card payments alone are usually under the exemption for payments.',
          ),
          other(
            'https://netsec.news/is-stripe-hipaa-compliant',
            'Is Stripe HIPAA compliant?',
            'The processing of payments is exempt under section 1179; other services are not.',
          ),
        ],
      },
    ],
  },
  {
    id: 'supabase',
    name: 'Supabase',
    ...REVIEWED,
    products: [
      {
        id: 'platform',
        name: 'Supabase',
        services: ['storage.database', 'storage.object', 'storage.backup', 'identity'],
        baa: {
          available: 'yes',
          plans: { free: 'never', pro: 'never', team: 'on-request', enterprise: 'on-request' },
          conditions: [
            { condition: 'hipaa-add-on', says: 'Have the add-on for HIPAA enabled for the organization.' },
            {
              condition: 'high-compliance-project',
              says: 'Mark the project as one of high compliance, and treat what its advisor reports.',
            },
            { condition: 'mfa-on', says: 'Turn multi-factor authentication on for every account.' },
            { condition: 'point-in-time-recovery', says: 'Enable point-in-time recovery.' },
            { condition: 'ssl-enforced', says: 'Enforce SSL.' },
            { condition: 'network-restrictions', says: 'Enable network restrictions.' },
            {
              condition: 'no-public-buckets',
              says: 'Keep protected health information out of public buckets.',
              services: ['storage.object'],
            },
            { condition: 'no-transfer-outside', says: 'Transfer no project to an organization without the add-on.' },
          ],
        },
        sources: [
          own(
            'https://github.com/supabase/supabase/blob/0918fc6c860f360294bcc05d7b211c751821c2a6/apps/docs/content/guides/deployment/shared-responsibility-model.mdx',
            'Shared Responsibility Model, as its source text stood',
            'An agreement needs the Team plan at least. Names what the customer has to configure.',
          ),
          own(
            'https://github.com/supabase/supabase/blob/0cc12b5a3ac649cb8304c55e8f7402f93afd89ca/apps/docs/content/guides/platform/hipaa-projects.mdx',
            'HIPAA Projects, as its source text stood',
            'A signed agreement and the add-on are needed, and projects are configured for high compliance.',
          ),
        ],
      },
    ],
  },
  {
    id: 'twilio',
    name: 'Twilio',
    ...REVIEWED,
    products: [
      {
        id: 'messaging',
        name: 'Programmable Messaging',
        services: ['messaging.sms'],
        baa: {
          available: 'yes',
          plans: { 'security-edition': 'on-request', 'enterprise-edition': 'on-request' },
          covers: { features: ['programmable-sms', 'programmable-mms', 'messaging-services'] },
          conditions: [
            { condition: 'hipaa-project', says: 'Designate each account, project and subaccount as one for HIPAA.' },
            {
              condition: 'only-eligible-services',
              says: 'Build workflows with protected health information only from services that are named as eligible.',
            },
          ],
        },
        sources: [
          own(
            'https://www.twilio.com/docs/iam/twilio-editions/hippa.md',
            'HIPAA Accounts',
            'HIPAA accounts need the Security or the Enterprise Edition, and an addendum that is signed with the account manager.',
          ),
          own(
            'https://twilio.com/content/dam/twilio-com/global/en/other/hipaa/pdf/HIPAA-Eligible-Services.pdf',
            'HIPAA Eligible Services, 11 December 2024',
            'Lists programmable SMS, MMS, messaging services, voice and video with their features.',
          ),
        ],
      },
      {
        id: 'sendgrid',
        name: 'Twilio SendGrid',
        services: ['messaging.email'],
        baa: { available: 'unknown' },
        sources: [
          other(
            'https://www.hipaanswers.com/is-twilio-hipaa-compliant',
            'Is Twilio HIPAA compliant?',
            'SendGrid is not eligible, and comes with no agreement.',
          ),
          other(
            'https://baagenerator.com/blog/does-sendgrid-sign-a-baa',
            'Does SendGrid Sign a HIPAA Business Associate Agreement?',
            'The agreement of Twilio is said to cover SendGrid for qualifying customers: the two sources contradict each other.',
          ),
        ],
      },
    ],
  },
  {
    id: 'zoom',
    name: 'Zoom',
    ...REVIEWED,
    products: [
      {
        id: 'workplace',
        name: 'Zoom Workplace, and Zoom for Healthcare',
        services: [
          'telehealth.video',
          'telehealth.audio',
          'telehealth.chat',
          'telehealth.recording',
          'telehealth.waiting-room',
        ],
        baa: {
          available: 'yes',
          plans: {
            basic: 'never',
            pro: 'on-request',
            business: 'on-request',
            'business-plus': 'on-request',
            enterprise: 'on-request',
          },
        },
        ai: { training: 'prohibited' },
        sources: [
          own(
            'https://support.zoom.com/hc/en/article?id=zm_kb&sysparm_article=KB0067751',
            'HIPAA Business Associate Agreement (BAA)',
            'Agreements are entered into with customers on the plans for health care (Pro, Business, Business Plus, Enterprise) and on other paid plans.',
          ),
          own(
            'https://www.zoom.com/en/products/ai-assistant/resources/privacy-security/',
            'AI Companion Security and Privacy',
            'Communications of customers are not used to train models, its own or of third parties; model providers are among its subprocessors.',
          ),
          other(
            'https://josefkamara.com/?p=1314',
            'An article on Zoom and HIPAA',
            'The free Basic plan comes with no agreement.',
          ),
        ],
      },
    ],
  },
]

/** Ten vendors, to begin with. Keep your own beside it: where the two disagree, every answer is "unknown" until you have looked. */
export const starterVendors: VendorRegistry = /* @__PURE__ */ freeze({ id: 'starter', vendors })
