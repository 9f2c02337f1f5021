import { usStates } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { conditionInWords } from '../rule/condition.ts'
import type { Rule } from '../rule/rule.ts'
import { coverage, gapRules, stateBreachRows, stateNoDuties } from './coverage.ts'
import { stateFacts } from './facts.ts'
import { hipaaInterplays } from './interplay.ts'
import { rollStatutes } from './roll.ts'
import { firstStateLaw } from './row.ts'

/** How many rows the table of sources has for each State: 84 in all. */
// biome-ignore format: a table
const sourceRows = {
  AL: 2, AZ: 2, CA: 5, CO: 3, CT: 2, DE: 2, FL: 4, GA: 2, IL: 3, IN: 2, LA: 2, MA: 2, MD: 4, ME: 3, MI: 2, MN: 2, NC: 3, NJ: 2,
  NM: 2, NY: 5, OH: 2, OK: 2, OR: 2, PA: 3, PR: 2, RI: 2, SD: 2, TN: 2, TX: 3, VA: 4, VT: 2, WA: 2, WI: 2,
}

const short: Readonly<Record<string, string>> = {
  'an earlier version of this law, if there was one, governs; it is not in this ruleset': 'not here',
  'the sources of this row give no time for this notice': 'no time found',
}

const timeOf = ({ basis }: Rule) =>
  basis.unit === 'qualitative'
    ? (short[basis.standard] ?? `"${basis.standard}"`)
    : basis.unit === 'same-day'
      ? 'same day'
      : `${basis.amount} ${basis.unit}`

const line = (rule: Rule) =>
  [
    rule.id.slice('state.'.length),
    timeOf(rule),
    `${rule.trigger.event} (${rule.trigger.fact})`,
    conditionInWords(rule.applies),
    rule.confirmation,
  ].join(' | ')

// biome-ignore format: a table
const TABLE = [
  'ma.residents | "as soon as practicable and without unreasonable delay" | awareness (aware) | residents 1 or more | secondary',
  'ma.attorney-general | "as soon as practicable and without unreasonable delay" | awareness (aware) | residents 1 or more | secondary',
  'ma.consumer-affairs | "as soon as practicable and without unreasonable delay" | awareness (aware) | residents 1 or more | secondary',
  'vt.residents | 45 calendar-days | discovery (discovered) | residents 1 or more | secondary',
  'vt.attorney-general | 14 business-days | discovery (discovered) | residents 1 or more | memory',
  'vt.attorney-general.with-residents | same day | notification (notifiedResidents) | residents 1 or more | memory',
  'me.residents | 30 calendar-days | awareness (aware) | residents 1 or more | weak',
  'me.residents.after-release | 7 business-days | release (lawEnforcementReleased) | residents 1 or more and lawEnforcementDelay is true | weak',
  'me.attorney-general | same day | notification (notifiedResidents) | residents 1 or more | weak',
  'ri.residents | 45 calendar-days | confirmation (confirmed) | residents 1 or more | secondary',
  'ri.attorney-general | no time found | confirmation (confirmed) | residents more than 500 | secondary',
  'ri.residents.public-body | 30 calendar-days | confirmation (confirmed) | residents 1 or more and publicBody is true | memory',
  'ct.residents | 60 calendar-days | discovery (discovered) | residents 1 or more | secondary',
  'ct.attorney-general | same day | notification (notifiedResidents) | residents 1 or more | secondary',
  'ny.residents | 30 calendar-days | discovery (discovered) | residents 1 or more | secondary',
  'ny.attorney-general | "without delaying the notice to residents" | discovery (discovered) | residents 1 or more | secondary',
  'ny.department-of-state | "without delaying the notice to residents" | discovery (discovered) | residents 1 or more | secondary',
  'ny.state-police | "without delaying the notice to residents" | discovery (discovered) | residents 1 or more | secondary',
  'ny.attorney-general.hipaa | 5 business-days | notification (notifiedSecretary) | residents 1 or more | text-seen',
  'ny.attorney-general.inadvertent-disclosure | 10 calendar-days | determination (inadvertentDisclosureDetermined) | residents more than 500 and inadvertentDisclosure is true | secondary',
  'ny.consumer-reporting-agencies | "without delay" | notification (notifiedResidents) | residents 1 or more and individuals more than 5000 | secondary',
  'nj.state-police | same day | notification (notifiedResidents) | residents 1 or more | memory',
  'nj.residents | "in the most expedient time possible" | discovery (discovered) | residents 1 or more | memory',
  'nj.consumer-reporting-agencies | no time found | notification (notifiedResidents) | residents 1 or more and individuals more than 1000 | weak',
  'pa.residents | "without unreasonable delay" | determination (determined) | residents 1 or more | secondary',
  'pa.attorney-general | same day | notification (notifiedResidents) | residents more than 500 | text-seen',
  'pa.consumer-reporting-agencies | "without unreasonable delay" | notification (notifiedResidents) | residents 1 or more and individuals more than 500 | secondary',
  'md.residents | 45 calendar-days | discovery (discovered) | residents 1 or more | text-seen',
  'md.owner | 10 calendar-days | discovery (discovered) | residents 1 or more and maintainsForAnother is true | text-seen',
  'md.residents.after-release | 7 calendar-days | release (lawEnforcementReleased) | residents 1 or more and lawEnforcementDelay is true | text-seen',
  'md.attorney-general | same day | notification (notifiedResidents) | residents 1 or more | memory',
  'de.residents | 60 calendar-days | determination (determined) | residents 1 or more | text-seen',
  'de.attorney-general | no time found | determination (determined) | residents more than 500 | text-seen',
  'tx.residents | 60 calendar-days | determination (determined) | residents 1 or more | text-seen',
  'tx.attorney-general | 30 calendar-days | determination (determined) | residents 250 or more | text-seen',
  'tx.consumer-reporting-agencies | "without unreasonable delay" | notification (notifiedResidents) | residents 1 or more and individuals more than 10000 | text-seen',
  'fl.residents | 30 calendar-days | determination (determined) | residents 1 or more | secondary',
  'fl.department-of-legal-affairs | 30 calendar-days | determination (determined) | residents 500 or more | secondary',
  'fl.owner | 10 calendar-days | determination (determined) | residents 1 or more and maintainsForAnother is true | secondary',
  'fl.consumer-reporting-agencies | "without unreasonable delay" | notification (notifiedResidents) | residents 1 or more and individuals more than 1000 | secondary',
  'tn.residents | 45 calendar-days | discovery (discovered) | residents 1 or more | secondary',
  'al.residents | 45 calendar-days | determination (determined) | residents 1 or more | secondary',
  'al.attorney-general | 45 calendar-days | determination (determined) | residents more than 1000 | secondary',
  'al.owner | 10 calendar-days | discovery (discovered) | residents 1 or more and maintainsForAnother is true | text-seen',
  'al.consumer-reporting-agencies | no time found | notification (notifiedResidents) | residents 1 or more and individuals more than 1000 | weak',
  'la.residents | 60 calendar-days | discovery (discovered) | residents 1 or more | text-seen',
  'la.attorney-general | 10 calendar-days | notification (notifiedResidents) | residents 1 or more | memory',
  'nc.residents | "without unreasonable delay" | discovery (discovered) | residents 1 or more | secondary',
  'nc.attorney-general | "without unreasonable delay" | notification (notifiedResidents) | residents 1 or more | memory',
  'nc.consumer-reporting-agencies | "without unreasonable delay" | notification (notifiedResidents) | residents 1 or more and individuals more than 1000 | memory',
  'va.residents.medical | "without unreasonable delay" | discovery (discovered) | residents 1 or more and publicBody is true | memory',
  'va.attorney-general.medical | "without unreasonable delay" | discovery (discovered) | residents 1 or more and publicBody is true | memory',
  'va.health-commissioner.medical | "without unreasonable delay" | discovery (discovered) | residents 1 or more and publicBody is true | memory',
  'va.residents | "without unreasonable delay" | discovery (discovered) | residents 1 or more | secondary',
  'va.attorney-general | "without unreasonable delay" | discovery (discovered) | residents 1 or more | secondary',
  'va.consumer-reporting-agencies | "without unreasonable delay" | notification (notifiedResidents) | residents 1 or more and individuals more than 1000 | secondary',
  'ga.residents | "in the most expedient time possible" | discovery (discovered) | residents 1 or more and informationBroker is true | weak',
  'ga.consumer-reporting-agencies | "without unreasonable delay" | notification (notifiedResidents) | residents 1 or more and individuals more than 10000 and informationBroker is true | weak',
  'ok.residents | "without unreasonable delay" | discovery (discovered) | residents 1 or more | secondary',
  'ok.attorney-general | 60 calendar-days | notification (notifiedResidents) | residents 500 or more | secondary',
  'pr.consumer-affairs | 10 calendar-days | detection (detected) | residents 1 or more | secondary',
  'pr.residents | "as expeditiously as possible" | detection (detected) | residents 1 or more | secondary',
  'il.residents | "in the most expedient time possible and without unreasonable delay" | discovery (discovered) | residents 1 or more | secondary',
  'il.attorney-general | same day | notification (notifiedResidents) | residents more than 500 | secondary',
  'il.attorney-general.hipaa | 5 business-days | notification (notifiedSecretary) | residents 1 or more | secondary',
  'oh.residents | 45 calendar-days | discovery (discovered) | residents 1 or more | secondary',
  'in.residents | 45 calendar-days | discovery (discovered) | residents 1 or more | secondary',
  'in.attorney-general | same day | notification (notifiedResidents) | residents 1 or more | secondary',
  'wi.residents | 45 calendar-days | awareness (aware) | residents 1 or more | secondary',
  'wi.consumer-reporting-agencies | no time found | awareness (aware) | residents 1 or more and individuals 1000 or more | secondary',
  'sd.residents | 60 calendar-days | discovery (discovered) | residents 1 or more | text-seen',
  'sd.attorney-general | no time found | discovery (discovered) | residents more than 250 | memory',
  'sd.residents.after-release | 30 calendar-days | release (lawEnforcementReleased) | residents 1 or more and lawEnforcementDelay is true | text-seen',
  'mi.residents | "without unreasonable delay" | discovery (discovered) | residents 1 or more | memory',
  'mi.consumer-reporting-agencies | "without unreasonable delay" | notification (notifiedResidents) | residents 1 or more and individuals more than 1000 | memory',
  'mn.residents | "in the most expedient time possible" | discovery (discovered) | residents 1 or more | memory',
  'mn.consumer-reporting-agencies | 48 hours | notification (notifiedResidents) | residents 1 or more and individuals more than 500 | memory',
  'ca.health-department | 15 business-days | detection (detected) | californiaHealthFacility is true | text-seen',
  'ca.patients | 15 business-days | detection (detected) | californiaHealthFacility is true | text-seen',
  'ca.health-department.after-release | 15 business-days | release (lawEnforcementReleased) | californiaHealthFacility is true and lawEnforcementDelay is true | text-seen',
  'ca.patients.after-release | 15 business-days | release (lawEnforcementReleased) | californiaHealthFacility is true and lawEnforcementDelay is true | text-seen',
  'ca.residents | 30 calendar-days | discovery (discovered) | residents 1 or more | secondary',
  'ca.attorney-general | 15 calendar-days | notification (notifiedResidents) | residents more than 500 | secondary',
  'wa.residents | 30 calendar-days | discovery (discovered) | residents 1 or more | secondary',
  'wa.attorney-general | 30 calendar-days | discovery (discovered) | residents more than 500 | secondary',
  'co.residents | 30 calendar-days | determination (determined) | residents 1 or more | secondary',
  'co.attorney-general | 30 calendar-days | determination (determined) | residents 500 or more | secondary',
  'co.consumer-reporting-agencies | "without unreasonable delay" | notification (notifiedResidents) | residents 1 or more and individuals more than 1000 | secondary',
  'or.residents | 45 calendar-days | discovery (discovered) | residents 1 or more | secondary',
  'or.attorney-general | no time found | discovery (discovered) | residents more than 250 | memory',
  'az.residents | 45 calendar-days | determination (determined) | residents 1 or more | secondary',
  'az.attorney-general | no time found | determination (determined) | residents more than 1000 | secondary',
  'az.homeland-security | no time found | determination (determined) | residents more than 1000 | secondary',
  'az.consumer-reporting-agencies | no time found | determination (determined) | residents 1 or more and individuals more than 1000 | secondary',
  'nm.residents | 45 calendar-days | discovery (discovered) | residents 1 or more | text-seen',
  'nm.attorney-general | 45 calendar-days | discovery (discovered) | residents more than 1000 | text-seen',
  'nm.consumer-reporting-agencies | 45 calendar-days | discovery (discovered) | residents 1 or more and individuals more than 1000 | text-seen',
]

// biome-ignore format: a table
const DATED = [
  'me.residents | 30 calendar-days | 2019-09-19 | ',
  'me.residents.until-2019-09-18 | not here | 2003-07-01 | 2019-09-18',
  'me.residents.after-release | 7 business-days | 2019-09-19 | ',
  'me.residents.after-release.until-2019-09-18 | not here | 2003-07-01 | 2019-09-18',
  'me.attorney-general | same day | 2019-09-19 | ',
  'me.attorney-general.until-2019-09-18 | not here | 2003-07-01 | 2019-09-18',
  'ny.residents | 30 calendar-days | 2024-12-21 | ',
  'ny.residents.until-2024-12-20 | "in the most expedient time possible and without unreasonable delay" | 2003-07-01 | 2024-12-20',
  'pa.residents | "without unreasonable delay" | 2024-09-26 | ',
  'pa.residents.until-2024-09-25 | not here | 2003-07-01 | 2024-09-25',
  'pa.attorney-general | same day | 2024-09-26 | ',
  'pa.attorney-general.until-2024-09-25 | not here | 2003-07-01 | 2024-09-25',
  'pa.consumer-reporting-agencies | "without unreasonable delay" | 2024-09-26 | ',
  'pa.consumer-reporting-agencies.until-2024-09-25 | not here | 2003-07-01 | 2024-09-25',
  'md.residents | 45 calendar-days | 2022-10-01 | ',
  'md.residents.until-2022-09-30 | not here | 2003-07-01 | 2022-09-30',
  'md.owner | 10 calendar-days | 2022-10-01 | ',
  'md.owner.until-2022-09-30 | not here | 2003-07-01 | 2022-09-30',
  'md.residents.after-release | 7 calendar-days | 2022-10-01 | ',
  'md.residents.after-release.until-2022-09-30 | not here | 2003-07-01 | 2022-09-30',
  'md.attorney-general | same day | 2022-10-01 | ',
  'md.attorney-general.until-2022-09-30 | not here | 2003-07-01 | 2022-09-30',
  'tx.attorney-general | 30 calendar-days | 2023-09-01 | ',
  'tx.attorney-general.until-2023-08-31 | 60 calendar-days | 2003-07-01 | 2023-08-31',
  'fl.residents | 30 calendar-days | 2014-07-01 | ',
  'fl.residents.until-2014-06-30 | not here | 2003-07-01 | 2014-06-30',
  'fl.department-of-legal-affairs | 30 calendar-days | 2014-07-01 | ',
  'fl.department-of-legal-affairs.until-2014-06-30 | not here | 2003-07-01 | 2014-06-30',
  'fl.owner | 10 calendar-days | 2014-07-01 | ',
  'fl.owner.until-2014-06-30 | not here | 2003-07-01 | 2014-06-30',
  'fl.consumer-reporting-agencies | "without unreasonable delay" | 2014-07-01 | ',
  'fl.consumer-reporting-agencies.until-2014-06-30 | not here | 2003-07-01 | 2014-06-30',
  'ok.residents | "without unreasonable delay" | 2026-01-01 | ',
  'ok.residents.until-2025-12-31 | not here | 2003-07-01 | 2025-12-31',
  'ok.attorney-general | 60 calendar-days | 2026-01-01 | ',
  'ok.attorney-general.until-2025-12-31 | not here | 2003-07-01 | 2025-12-31',
  'ca.health-department | 15 business-days | 2015-01-01 | ',
  'ca.health-department.until-2014-12-31 | 5 calendar-days | 2009-01-01 | 2014-12-31',
  'ca.patients | 15 business-days | 2015-01-01 | ',
  'ca.patients.until-2014-12-31 | 5 calendar-days | 2009-01-01 | 2014-12-31',
  'ca.health-department.after-release | 15 business-days | 2015-01-01 | ',
  'ca.health-department.after-release.until-2014-12-31 | not here | 2003-07-01 | 2014-12-31',
  'ca.patients.after-release | 15 business-days | 2015-01-01 | ',
  'ca.patients.after-release.until-2014-12-31 | not here | 2003-07-01 | 2014-12-31',
  'ca.residents | 30 calendar-days | 2026-01-01 | ',
  'ca.residents.until-2025-12-31 | "in the most expedient time possible and without unreasonable delay" | 2003-07-01 | 2025-12-31',
  'ca.attorney-general | 15 calendar-days | 2026-01-01 | ',
  'ca.attorney-general.until-2025-12-31 | "a sample copy is submitted; the text before SB 446 had no number of days" | 2003-07-01 | 2025-12-31',
  'wa.residents | 30 calendar-days | 2020-03-01 | ',
  'wa.residents.until-2020-02-29 | not here | 2003-07-01 | 2020-02-29',
  'wa.attorney-general | 30 calendar-days | 2020-03-01 | ',
  'wa.attorney-general.until-2020-02-29 | not here | 2003-07-01 | 2020-02-29',
]

describe('the rows of the State laws', () => {
  it('are as many for each State as the table of sources has', () => {
    expect(Object.fromEntries(coverage().withRows.map((each) => [each.state, each.sourceRows]))).toEqual(sourceRows)
    expect(Object.values(sourceRows).reduce((sum, each) => sum + each)).toBe(84)
    for (const [state, count] of Object.entries(sourceRows)) {
      const ordinals = [...stateBreachRows, ...stateNoDuties].filter((row) => row.state === state).map((row) => row.ordinal)
      expect(new Set(ordinals)).toEqual(new Set(Array.from({ length: count }, (_, index) => index + 1)))
    }
    expect(stateNoDuties.map(({ state, ordinal }) => `${state} ${ordinal}`)).toEqual(['OH 2', 'TN 2'])
  })

  it('are these, by time, event, threshold and confirmation', () => {
    const current = stateBreachRows.filter(({ rule }) => rule.inForce.status === 'in-force')
    expect(current.map(({ rule }) => line(rule))).toEqual(TABLE)
  })

  it('have these starts, and these earlier versions', () => {
    const dated = stateBreachRows
      .filter(({ rule }) => rule.inForce.from !== firstStateLaw || rule.inForce.until !== undefined)
      .map(({ rule }) => `${rule.id.slice(6)} | ${timeOf(rule)} | ${rule.inForce.from} | ${rule.inForce.until ?? ''}`)
    expect(dated).toEqual(DATED)
  })

  it('leave no day out between the versions of one duty', () => {
    const duties = new Map<string, Rule[]>()
    for (const { rule } of stateBreachRows) {
      const duty = rule.duty as string
      duties.set(duty, [...(duties.get(duty) ?? []), rule])
    }
    for (const rules of duties.values()) {
      const sorted = rules.sort((a, b) => (a.inForce.from < b.inForce.from ? -1 : 1))
      expect(sorted.at(-1)?.inForce).toMatchObject({ status: 'in-force' })
      expect(sorted.at(-1)?.inForce.until).toBeUndefined()
      sorted.slice(1).forEach((next, index) => {
        const end = sorted[index]?.inForce.until as string
        const after = new Date(`${end}T00:00:00Z`).getTime() + 86_400_000
        expect(new Date(`${next.inForce.from}T00:00:00Z`).getTime()).toBe(after)
      })
    }
  })

  it('say where they come from, what HIPAA changes, and that their start is not known where it is not', () => {
    const interplays = new Map(hipaaInterplays.map((each) => [each.id, each]))
    expect(interplays.size).toBe(hipaaInterplays.length)
    for (const row of stateBreachRows) {
      expect(row.sources.length).toBeGreaterThan(0)
      expect(row.sourceDate).toMatch(/\d{4}/)
      expect(row.regime).not.toBe('')
      expect(interplays.get(row.interplay)?.state).toBe(row.state)
      expect(row.rule.jurisdiction).toBe(row.state)
      expect(row.rule.citation.confirmation).toBe(row.rule.confirmation)
      expect(row.rule.citation.asOf).toBe(row.rule.asOf)
      expect(row.rule.asOf >= '2015-01-01').toBe(true)
      expect(row.rule.title).not.toBe('')
      expect(row.rule.metBy).toSatisfy((fact: string) => fact in stateFacts)
      const { from, status } = row.rule.inForce
      if (status === 'in-force') {
        expect(row.effectiveFrom === undefined).toBe(from === firstStateLaw)
        expect(row.rule.note?.includes('is not in our sources; it is asked for every event') ?? false).toBe(
          from === firstStateLaw,
        )
      }
    }
    for (const each of hipaaInterplays) {
      expect(stateBreachRows.some((row) => row.interplay === each.id)).toBe(true)
      expect(each.when === undefined).toBe(each.reaches === undefined)
    }
    expect(rollStatutes.filter(({ citation }) => citation.confirmation === 'text-seen').map(({ id }) => id)).toEqual([
      'roll.tx',
    ])
  })

  it('plan determination, awareness, detection and confirmation from discovery, and never take one for the other', () => {
    for (const { rule } of stateBreachRows) {
      const { fact, event, planFrom } = rule.trigger
      const later = ['determined', 'aware', 'detected', 'confirmed'].includes(fact)
      expect(planFrom).toBe(later ? 'discovered' : undefined)
      if (fact === 'discovered') expect(event).toBe('discovery')
    }
  })

  it('cannot be changed by whoever reads them', () => {
    const open = (value: unknown): boolean =>
      typeof value === 'object' && value !== null && (!Object.isFrozen(value) || Object.values(value).some(open))
    for (const table of [stateBreachRows, stateNoDuties, hipaaInterplays, rollStatutes, gapRules])
      expect(open(table)).toBe(false)
  })

  it('give each State without rows a rule that says so', () => {
    const { withRows, withoutRows } = coverage()
    expect(withRows.length + withoutRows.length).toBe(usStates.length)
    expect(withoutRows).toHaveLength(23)
    expect(gapRules.filter(({ id }) => id.endsWith('.no-row')).map(({ jurisdiction }) => jurisdiction)).toEqual(withoutRows)
  })
})
