import type { Profile } from './profile.ts'

/** What a physical-therapy platform states about itself. The ids are those of the requirements that were read out of its pages. */
const physicalTherapyPlatform: Profile = {
  id: 'physical-therapy-platform',
  title: 'A physical-therapy platform',
  asOf: '2026-04-01',
  statements: [
    {
      requirement: 'S99',
      quote: 'notified within 72 hours of discovery',
      about: 'breach-notice',
      to: 'covered-entity',
      within: { hours: 72 },
      from: 'discovery',
    },
    {
      requirement: 'S134',
      quote: 'notified within 72 hours of confirmation',
      about: 'breach-notice',
      to: 'covered-entity',
      within: { hours: 72 },
      from: 'confirmation',
    },
    {
      requirement: 'S100',
      quote: 'nature of the breach, categories of affected individuals, likely consequences, and remediation taken',
      about: 'notice-content',
      to: 'covered-entity',
      items: [
        { words: 'nature of the breach', element: 'what happened' },
        { words: 'categories of affected individuals', element: null },
        { words: 'likely consequences', element: null },
        { words: 'remediation taken', element: 'what is being done' },
      ],
    },
    {
      requirement: 'S134',
      quote: 'date of breach, date of discovery, types of PHI involved, and recommended mitigation',
      about: 'notice-content',
      to: 'covered-entity',
      items: [
        { words: 'date of breach', element: 'date of the breach' },
        { words: 'date of discovery', element: 'date of discovery' },
        { words: 'types of PHI involved', element: 'types of information' },
        { words: 'recommended mitigation', element: 'steps for individuals' },
      ],
    },
    { requirement: 'S96', quote: 'retained for at least six years', about: 'log-retention', keep: { years: 6 } },
    {
      requirement: 'S126',
      quote: '30-day response window ... one 30-day extension on written notice',
      about: 'access',
      within: { days: 30 },
      extension: { adds: { days: 30 }, times: 1, requires: ['written'] },
    },
    {
      requirement: 'S127',
      quote: 'tracks requests, manages the 60-day timeline, and preserves the original record',
      about: 'amendment',
      within: { days: 60 },
    },
    { requirement: 'S128', quote: 'disclosure logs cover up to six years', about: 'accounting-period', covers: { years: 6 } },
    {
      requirement: 'S102',
      quote: 'on hire and annually',
      about: 'recurring',
      duty: 'training',
      every: { years: 1 },
      events: ['on hire'],
    },
    {
      requirement: 'S103',
      quote: 'at least annually and whenever significant ... changes occur',
      about: 'recurring',
      duty: 'risk-analysis',
      every: { years: 1 },
      events: ['on significant change'],
    },
    { requirement: 'S104', quote: 'tested quarterly', about: 'recurring', duty: 'contingency-test', every: { months: 3 } },
    {
      requirement: 'S90',
      quote: 'automatic rotation every 90 days',
      about: 'recurring',
      duty: 'key-rotation',
      every: { days: 90 },
    },
  ],
}

/** What a practice tool states about itself, and about what its customers owe. */
const practiceTool: Profile = {
  id: 'practice-tool',
  title: 'A practice tool',
  asOf: '2025-01-01',
  statements: [
    {
      requirement: 'S157',
      quote: 'notifies you: Within 24 hours',
      about: 'breach-notice',
      to: 'covered-entity',
      within: { hours: 24 },
    },
    {
      requirement: 'S158',
      quote: 'You notify patients: Within 60 days',
      about: 'breach-notice',
      to: 'individuals',
      within: { days: 60 },
    },
    {
      requirement: 'S159',
      quote: 'You notify HHS: Within 60 days',
      about: 'breach-notice',
      to: 'secretary',
      within: { days: 60 },
    },
    {
      requirement: 'S160',
      quote: 'Media notification: Required if breach affects 500+ people',
      about: 'breach-notice',
      to: 'media',
      threshold: { of: 'individuals', comparator: 'at-least', count: 500 },
    },
    {
      requirement: 'S144',
      quote: 'Complete activity logging (2-year retention)',
      about: 'log-retention',
      keep: { years: 2 },
    },
  ],
}

/** Profiles that were read out of public documents. Their errors are theirs: `findings` names them. */
export const profiles = Object.freeze({ physicalTherapyPlatform, practiceTool })
