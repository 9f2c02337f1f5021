import type { AuditEventInput } from '../../src/event.ts'

/** What each published example reads as, checked by hand against its text. `notCarried` leaves out `id`, `meta` and `text`, which all have. */
export interface Known {
  readonly event: AuditEventInput
  readonly notCarried: string
  readonly assumed: string
}

export const known: Readonly<Record<string, Known>> = {
  'r4/example-disclosure': {
    event: {
      action: 'export',
      actor: { id: 'SomeIdiot@nowhere', roles: [], type: 'service' },
      context: { purpose: 'HMARKT' },
      occurredAt: '2013-09-22T00:08:00.000Z',
      outcome: 'success',
      source: { site: 'Location/1' },
      subject: { patients: ['example'], resource: { id: 'example', type: 'Patient', version: '1' } },
    },
    notCarried:
      'agent[0].altId agent[0].name agent[0].network agent[0].policy agent[0].type agent[1] entity[1].description entity[1].lifecycle entity[1].name entity[1].securityLabel entity[1].what.identifier outcomeDesc subtype',
    assumed: 'actor.type occurredAt',
  },
  'r4/example-error': {
    event: {
      action: 'create',
      actor: { id: '95', roles: [], type: 'workforce' },
      context: { details: { 'client.id': 'urn:oid:2.16.840.1.113883.4.2|2.16.840.1.113883.4.2' } },
      occurredAt: '2017-09-07T23:42:24.000Z',
      outcome: 'failure',
    },
    notCarried: 'agent[0].altId agent[0].name agent[1].altId agent[1].network contained entity outcomeDesc',
    assumed: 'actor.type occurredAt',
  },
  'r4/example-login': {
    event: {
      action: 'login',
      actor: { id: '95', roles: [], type: 'workforce' },
      occurredAt: '2013-06-20T23:41:23.000Z',
      outcome: 'success',
      source: { ip: '127.0.0.1' },
    },
    notCarried: 'agent[0].altId agent[0].name agent[1]',
    assumed: 'actor.type occurredAt',
  },
  'r4/example-logout': {
    event: {
      action: 'logout',
      actor: { id: '95', roles: [], type: 'workforce' },
      occurredAt: '2013-06-20T23:46:41.000Z',
      outcome: 'success',
      source: { ip: '127.0.0.1' },
    },
    notCarried: 'agent[0].altId agent[0].name agent[1]',
    assumed: 'actor.type occurredAt',
  },
  'r4/example-media': {
    event: {
      action: 'export',
      actor: { id: '95', roles: [], type: 'workforce' },
      occurredAt: '2015-08-27T23:42:24.000Z',
      outcome: 'success',
      subject: {
        patients: ['e3cdfc81a0d24bd^^^&2.16.840.1.113883.4.2&ISO'],
        resource: { id: 'e3cdfc81a0d24bd^^^&2.16.840.1.113883.4.2&ISO', type: 'Resource' },
      },
    },
    notCarried:
      'agent[0] agent[1].altId agent[1].name agent[2] entity[1].role entity[1].what.identifier.type entity[2] subtype',
    assumed: 'actor.type occurredAt subject.resource.type',
  },
  'r4/example-pixQuery': {
    event: {
      action: 'search',
      actor: { id: '95', roles: [], type: 'workforce' },
      context: { details: { 'client.id': 'urn:oid:2.16.840.1.113883.4.2|2.16.840.1.113883.4.2' } },
      occurredAt: '2015-08-26T23:42:24.000Z',
      outcome: 'success',
      subject: { patients: ['e3cdfc81a0d24bd^^^&2.16.840.1.113883.4.2&ISO'] },
    },
    notCarried: 'agent[0].altId agent[0].network agent[1].altId agent[1].name entity[1] subtype type',
    assumed: 'actor.type occurredAt',
  },
  'r4/example-rest': {
    event: {
      action: 'read',
      actor: { id: '95', roles: [], type: 'workforce' },
      occurredAt: '2013-06-20T23:42:24.000Z',
      outcome: 'success',
      subject: { resource: { id: 'example', type: 'Patient', version: '1' } },
    },
    notCarried: 'agent[0].altId agent[0].name agent[1].altId entity[0].lifecycle',
    assumed: 'actor.type occurredAt',
  },
  'r4/example-search': {
    event: {
      action: 'search',
      actor: { id: '95', roles: [], type: 'workforce' },
      context: {
        details: {
          'client.id': 'urn:oid:2.16.840.1.113883.4.2|2.16.840.1.113883.4.2',
          query: 'http://fhir-dev.healthintersections.com.au/open/Encounter?participant=13',
        },
      },
      occurredAt: '2015-08-22T23:42:24.000Z',
      outcome: 'success',
    },
    notCarried: 'agent[0].altId agent[0].name agent[1].altId agent[1].network',
    assumed: 'actor.type occurredAt',
  },
  'r4/example': {
    event: {
      action: 'execute',
      actor: { id: 'Grahame', roles: ['Service User (Logon)'], type: 'workforce' },
      occurredAt: '2012-10-25T11:04:27.000Z',
      outcome: 'success',
      source: { ip: '127.0.0.1' },
      subject: { resource: { id: 'ABCDEF', type: 'Resource' } },
    },
    notCarried: 'agent[1] entity[0].lifecycle entity[0].name entity[0].what.identifier.type source.type subtype',
    assumed: 'actor.type occurredAt subject.resource.type',
  },
  'r5/example-advanced-create': {
    event: {
      action: 'create',
      actor: { id: 'Betty Jones', roles: [], type: 'workforce' },
      context: { purpose: 'TREAT' },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      severity: 'info',
      source: { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334', userAgent: 'myMachine.example.org' },
      subject: { patients: ['example'], resource: { id: 'example', type: 'List' } },
    },
    notCarried: 'agent[2].type basedOn encounter',
    assumed: 'actor.id actor.type',
  },
  'r5/example-breakglass-start': {
    event: {
      action: 'break-glass',
      actor: { id: 'f001', roles: [], type: 'workforce' },
      context: { purpose: 'ETREAT' },
      occurredAt: '2013-09-22T00:08:00.000Z',
      outcome: 'success',
      source: { site: 'Location/1' },
      subject: { patients: ['example'] },
    },
    notCarried: 'agent[0].networkString outcome.detail',
    assumed: 'occurredAt',
  },
  'r5/example-consent-permit-authz': {
    event: {
      action: 'search',
      actor: { id: 'https://github.com/synthetichealth/synthea|Org1', roles: [], type: 'service' },
      context: { purpose: 'TREAT' },
      occurredAt: '2021-09-08T21:51:59.932Z',
      outcome: 'success',
      subject: { patients: ['example'], resource: { id: 'consent-example-basic', type: 'Consent' } },
    },
    notCarried: 'agent[0].type code outcome.detail',
    assumed: 'actor.type occurredAt',
  },
  'r5/example-disclosure': {
    event: {
      action: 'export',
      actor: { id: 'SomeIdiot@nowhere', roles: [], type: 'service' },
      context: { purpose: 'HMARKT' },
      occurredAt: '2013-09-22T00:08:00.000Z',
      outcome: 'success',
      severity: 'notice',
      source: { site: 'Location/1' },
      subject: { patients: ['example'], resource: { id: 'example', type: 'Patient', version: '1' } },
    },
    notCarried:
      'agent[0].networkString agent[0].policy agent[0].type agent[0].who.display agent[1] code entity[0].securityLabel entity[0].what.display entity[0].what.identifier outcome.detail',
    assumed: 'actor.type occurredAt',
  },
  'r5/example-error': {
    event: {
      action: 'create',
      actor: { id: '95', roles: [], type: 'workforce' },
      context: { details: { 'client.id': 'urn:oid:2.16.840.1.113883.4.2|2.16.840.1.113883.4.2' } },
      occurredAt: '2017-09-07T23:42:24.000Z',
      outcome: 'failure',
    },
    notCarried: 'agent[0].who.display agent[1].extension agent[1].networkString contained entity outcome.detail',
    assumed: 'actor.type occurredAt',
  },
  'r5/example-login': {
    event: {
      action: 'login',
      actor: { id: '95', roles: [], type: 'workforce' },
      occurredAt: '2013-06-20T23:41:23.000Z',
      outcome: 'success',
    },
    notCarried: 'agent[0].who.display agent[1]',
    assumed: 'actor.type occurredAt',
  },
  'r5/example-logout': {
    event: {
      action: 'logout',
      actor: { id: '95', roles: [], type: 'workforce' },
      occurredAt: '2013-06-20T23:46:41.000Z',
      outcome: 'success',
      source: { ip: '127.0.0.1' },
    },
    notCarried: 'agent[0].who.display agent[1]',
    assumed: 'actor.type occurredAt',
  },
  'r5/example-media': {
    event: {
      action: 'export',
      actor: { id: '95', roles: [], type: 'workforce' },
      occurredAt: '2015-08-27T23:42:24.000Z',
      outcome: 'success',
      subject: {
        patients: ['e3cdfc81a0d24bd^^^&2.16.840.1.113883.4.2&ISO'],
        resource: { id: 'e3cdfc81a0d24bd^^^&2.16.840.1.113883.4.2&ISO', type: 'Resource' },
      },
    },
    notCarried: 'agent[0] agent[1].who.display agent[2] code entity[1].role entity[1].what.identifier.type entity[2]',
    assumed: 'actor.type occurredAt subject.resource.type',
  },
  'r5/example-pixQuery': {
    event: {
      action: 'search',
      actor: { id: '95', roles: [], type: 'workforce' },
      context: { details: { 'client.id': 'urn:oid:2.16.840.1.113883.4.2|2.16.840.1.113883.4.2' } },
      occurredAt: '2015-08-26T23:42:24.000Z',
      outcome: 'success',
      subject: { patients: ['e3cdfc81a0d24bd^^^&2.16.840.1.113883.4.2&ISO'] },
    },
    notCarried: 'agent[0].extension agent[0].networkString agent[1].who.display category code entity[1]',
    assumed: 'actor.type occurredAt',
  },
  'r5/example-rest-create-traceID': {
    event: {
      action: 'create',
      actor: { id: '95', roles: [], type: 'workforce' },
      context: { details: { 'client.id': 'urn:oid:2.16.840.1.113883.4.2|2.16.840.1.113883.4.2' } },
      occurredAt: '2019-12-04T11:59:28.646Z',
      outcome: 'success',
      subject: {
        patients: ['example'],
        resource: { id: 'http://example.com/server|6b507ee2d716780372c255df69ece653', type: 'Resource' },
      },
    },
    notCarried: 'agent[1].extension agent[1].networkString entity[0].what entity[1].role entity[1].what.identifier.type',
    assumed: 'actor.type occurredAt subject.resource.type',
  },
  'r5/example-rest': {
    event: {
      action: 'read',
      actor: { id: '95', roles: [], type: 'workforce' },
      occurredAt: '2013-06-20T23:42:24.000Z',
      outcome: 'success',
      subject: { patients: ['example'] },
    },
    notCarried: 'agent[1].extension entity[0].what',
    assumed: 'actor.type occurredAt',
  },
  'r5/example-search': {
    event: {
      action: 'search',
      actor: { id: '95', roles: [], type: 'workforce' },
      context: {
        details: {
          'client.id': 'urn:oid:2.16.840.1.113883.4.2|2.16.840.1.113883.4.2',
          query: 'http://fhir-dev.healthintersections.com.au/open/Encounter?participant=13',
        },
      },
      occurredAt: '2015-08-22T23:42:24.000Z',
      outcome: 'success',
    },
    notCarried: 'agent[0].who.display agent[1].extension agent[1].networkString',
    assumed: 'actor.type occurredAt',
  },
  'r5/example': {
    event: {
      action: 'execute',
      actor: { id: 'Grahame', roles: ['Service User (Logon)'], type: 'workforce' },
      occurredAt: '2012-10-25T11:04:27.000Z',
      outcome: 'success',
      subject: { resource: { id: 'ABCDEF', type: 'Resource' } },
    },
    notCarried: 'agent[1] code entity[0].what.identifier.type source.type',
    assumed: 'actor.type occurredAt subject.resource.type',
  },
  'balp/ex-auditAuthZconsent': {
    event: {
      action: 'execute',
      actor: { id: 'ex-practitioner', organization: 'ex-organization', roles: [], type: 'workforce' },
      context: {
        decision: { policy: 'Consent/ex-consent', rule: 'AuthZ-Consent' },
        details: { 'client.id': 'Device/ex-device' },
        purpose: 'PATRQT',
      },
      occurredAt: '2021-12-27T09:49:00.000Z',
      outcome: 'success',
      source: { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334' },
      subject: { patients: ['ex-patient'] },
    },
    notCarried: '',
    assumed: 'occurredAt',
  },
  'balp/ex-auditBasicCreate1': {
    event: {
      action: 'create',
      actor: { id: 'Betty Jones', roles: [], type: 'workforce' },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334', userAgent: 'myMachine.example.org' },
      subject: { patients: ['ex-patient'], resource: { id: 'ex-list', type: 'List' } },
    },
    notCarried: 'agent[2].type',
    assumed: 'actor.id actor.type occurredAt',
  },
  'balp/ex-auditBasicCreate2': {
    event: {
      action: 'create',
      actor: { id: 'Charley Miller', roles: [], type: 'workforce' },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334', userAgent: 'myMachine.example.org' },
      subject: { patients: ['ex-patient'], resource: { id: 'ex-list', type: 'List' } },
    },
    notCarried: 'agent[2].type',
    assumed: 'actor.id actor.type occurredAt',
  },
  'balp/ex-auditBasicCreateNoUser': {
    event: {
      action: 'create',
      actor: { id: 'myMachine.example.org', roles: [], type: 'service' },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334' },
      subject: { patients: ['ex-patient'], resource: { id: 'ex-list', type: 'List' } },
    },
    notCarried: '',
    assumed: 'actor.id actor.type occurredAt',
  },
  'balp/ex-auditBasicCreateNoUserJob': {
    event: {
      action: 'create',
      actor: { id: 'myMachine.example.org', roles: [], type: 'service' },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334' },
      subject: { patients: ['ex-patient'], resource: { id: 'ex-documentreference', type: 'DocumentReference' } },
    },
    notCarried: 'entity[0].role',
    assumed: 'actor.id actor.type occurredAt',
  },
  'balp/ex-auditBasicCreateNoUserReport': {
    event: {
      action: 'create',
      actor: { id: 'myMachine.example.org', roles: [], type: 'service' },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334' },
      subject: { patients: ['ex-patient'], resource: { id: 'ex-documentreference', type: 'DocumentReference' } },
    },
    notCarried: 'entity[0].role',
    assumed: 'actor.id actor.type occurredAt',
  },
  'balp/ex-auditBasicDeleteClient': {
    event: {
      action: 'delete',
      actor: { id: 'John Smith', roles: [], type: 'workforce' },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334', userAgent: 'myMachine.example.org' },
      subject: { patients: ['ex-patient'], resource: { id: 'ex-list', type: 'List' } },
    },
    notCarried: '',
    assumed: 'actor.id actor.type occurredAt',
  },
  'balp/ex-auditBasicDeleteInformant': {
    event: {
      action: 'delete',
      actor: { id: 'Betty Jones', roles: [], type: 'workforce' },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334', userAgent: 'myMachine.example.org' },
      subject: { patients: ['ex-patient'], resource: { id: 'ex-list', type: 'List' } },
    },
    notCarried: 'agent[2].type',
    assumed: 'actor.id actor.type occurredAt',
  },
  'balp/ex-auditBasicDeleteNoPatient': {
    event: {
      action: 'delete',
      actor: { id: 'John Smith', roles: [], type: 'workforce' },
      occurredAt: '2020-04-06T09:49:00.000Z',
      outcome: 'success',
      source: { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334', userAgent: 'myMachine.example.org' },
      subject: { resource: { id: 'ex-measurereport', type: 'MeasureReport' } },
    },
    notCarried: '',
    assumed: 'actor.id actor.type occurredAt',
  },
  'balp/ex-auditBasicDeleteNoUserReport': {
    event: {
      action: 'delete',
      actor: { id: 'myMachine.example.org', roles: [], type: 'service' },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334' },
      subject: { patients: ['ex-patient'], resource: { id: 'ex-documentreference', type: 'DocumentReference' } },
    },
    notCarried: 'entity[0].role',
    assumed: 'actor.id actor.type occurredAt',
  },
  'balp/ex-auditBasicDeleteServer': {
    event: {
      action: 'delete',
      actor: { id: 'John Smith', roles: [], type: 'workforce' },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334', userAgent: 'myMachine.example.org' },
      subject: { patients: ['ex-patient'], resource: { id: 'ex-list', type: 'List' } },
    },
    notCarried: '',
    assumed: 'actor.id actor.type occurredAt',
  },
  'balp/ex-auditBasicPatch': {
    event: {
      action: 'update',
      actor: { id: 'John Smith', roles: [], type: 'workforce' },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334', userAgent: 'myMachine.example.org' },
      subject: { patients: ['ex-patient'], resource: { id: 'ex-list', type: 'List' } },
    },
    notCarried: 'subtype',
    assumed: 'actor.id actor.type occurredAt',
  },
  'balp/ex-auditBasicQueryGetServer': {
    event: {
      action: 'search',
      actor: { id: 'John Smith', roles: [], type: 'workforce' },
      context: {
        details: {
          query:
            'GET test.fhir.org/r4/Observation?patient=ex-patient&_lastUpdated=gt2020-11-06T21:52:30.300Z&_sort=_lastUpdated&_count=10\nAccept: application/fhir+json; fhirVersion=4.0\nX-Request-Id: cc6d168e-5871-11ec-bf63-0242ac130002',
        },
      },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: {
        ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334',
        request: 'cc6d168e-5871-11ec-bf63-0242ac130002',
        userAgent: 'myMachine.example.org',
      },
      subject: { patients: ['ex-patient'] },
    },
    notCarried: 'entity[0].description',
    assumed: 'actor.id actor.type occurredAt',
  },
  'balp/ex-auditBasicQueryPost': {
    event: {
      action: 'search',
      actor: { id: 'John Smith', roles: [], type: 'workforce' },
      context: {
        details: {
          query:
            'POST /r4/Observation/_search HTTP/1.1\nHost: test.fhir.org\nContent-Type: application/x-www-form-urlencoded\nAccept: application/fhir+json; fhirVersion=4.0\nContent-Length: 87\n\npatient=ex-patient&_lastUpdated=gt2020-11-06T21:52:30.300Z&_sort=_lastUpdated&_count=10\n\n\n\n',
        },
      },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334', userAgent: 'myMachine.example.org' },
      subject: { patients: ['ex-patient'] },
    },
    notCarried: 'entity[0].description subtype',
    assumed: 'actor.id actor.type occurredAt',
  },
  'balp/ex-auditBasicReadClient': {
    event: {
      action: 'read',
      actor: { id: 'John Smith', roles: [], type: 'workforce' },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: {
        ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334',
        request: '76d148b6-586d-11ec-bf63-0242ac130002',
        userAgent: 'myMachine.example.org',
      },
      subject: { patients: ['ex-patient'], resource: { id: 'ex-list', type: 'List' } },
    },
    notCarried: '',
    assumed: 'actor.id actor.type occurredAt',
  },
  'balp/ex-auditBasicReadOClient': {
    event: {
      action: 'read',
      actor: { id: 'JohnSmith', roles: [], type: 'workforce' },
      context: { details: { 'token.id': 'C187CC480FAC40A0936902D8BC324F5F', 'token.type': 'oauth-opaque' } },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: {
        ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334',
        request: '76d148b6-586d-11ec-bf63-0242ac130002',
        userAgent: 'myMachine.example.org',
      },
      subject: { patients: ['ex-patient'], resource: { id: 'ex-list', type: 'List' } },
    },
    notCarried: '',
    assumed: 'actor.id actor.type occurredAt',
  },
  'balp/ex-auditBasicReadOServer': {
    event: {
      action: 'read',
      actor: { id: '35fb1058-7f36-415b-b862-677a37c95f35', roles: [], type: 'workforce' },
      context: {
        details: {
          'token.issuer': 'http://localhost:5100',
          'token.id': 'C187CC480FAC40A0936902D8BC324F5F',
          'token.type': 'oauth',
          'client.id': 'SampleApp',
        },
      },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: {
        ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334',
        request: '76d148b6-586d-11ec-bf63-0242ac130002',
        userAgent: 'myMachine.example.org',
      },
      subject: { patients: ['ex-patient'], resource: { id: 'ex-list', type: 'List' } },
    },
    notCarried: 'agent[1].who.display',
    assumed: 'actor.type occurredAt',
  },
  'balp/ex-auditBasicReadOServerMin': {
    event: {
      action: 'read',
      actor: { id: 'C187CC480FAC40A0936902D8BC324F5F', roles: [], type: 'workforce' },
      context: { details: { 'token.id': 'C187CC480FAC40A0936902D8BC324F5F', 'token.type': 'oauth' } },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: {
        ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334',
        request: '76d148b6-586d-11ec-bf63-0242ac130002',
        userAgent: 'myMachine.example.org',
      },
      subject: { patients: ['ex-patient'], resource: { id: 'ex-list', type: 'List' } },
    },
    notCarried: '',
    assumed: 'actor.id actor.type occurredAt',
  },
  'balp/ex-auditBasicUpdate2': {
    event: {
      action: 'update',
      actor: { id: 'Charley Miller', roles: [], type: 'workforce' },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334', userAgent: 'myMachine.example.org' },
      subject: { patients: ['ex-patient'], resource: { id: 'ex-list', type: 'List' } },
    },
    notCarried: 'agent[2].type',
    assumed: 'actor.id actor.type occurredAt',
  },
  'balp/ex-auditBasicUpdateNoPatient': {
    event: {
      action: 'update',
      actor: { id: 'myMachine.example.org', roles: [], type: 'service' },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334' },
      subject: { resource: { id: 'ex-documentreference', type: 'DocumentReference' } },
    },
    notCarried: 'entity[0].role',
    assumed: 'actor.id actor.type occurredAt',
  },
  'balp/ex-auditBasicUpdateNoUser': {
    event: {
      action: 'update',
      actor: { id: 'myMachine.example.org', roles: [], type: 'service' },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334' },
      subject: { patients: ['ex-patient'], resource: { id: 'ex-list', type: 'List' } },
    },
    notCarried: '',
    assumed: 'actor.id actor.type occurredAt',
  },
  'balp/ex-auditPoke-SAML-Comp': {
    event: {
      action: 'read',
      actor: { id: '05086900124', organization: '1234567@myOrganizationRegistry.example.org', roles: [], type: 'workforce' },
      context: {
        details: {
          'token.issuer': 'https://sts.sykehuspartner.no',
          'token.id': 'XC4WdYS0W5bjsMGc5Ue6tClD_5U',
          'token.type': 'saml',
        },
        purpose: 'PATRQT',
      },
      occurredAt: '2021-12-03T09:49:00.000Z',
      outcome: 'success',
    },
    notCarried: 'agent[0].extension agent[1].who.display agent[2] entity subtype type',
    assumed: 'actor.type occurredAt',
  },
  'balp/ex-auditPoke-SAML-Min': {
    event: {
      action: 'read',
      actor: { id: '05086900124', roles: [], type: 'workforce' },
      context: {
        details: {
          'token.issuer': 'https://sts.sykehuspartner.no',
          'token.id': 'XC4WdYS0W5bjsMGc5Ue6tClD_5U',
          'token.type': 'saml',
        },
      },
      occurredAt: '2021-12-03T09:49:00.000Z',
      outcome: 'success',
    },
    notCarried: 'subtype type',
    assumed: 'actor.type occurredAt',
  },
  'balp/ex-auditPoke-SAML-Min2': {
    event: {
      action: 'read',
      actor: { id: 'JoeL', roles: [], type: 'workforce' },
      context: {
        details: {
          'token.issuer': 'https://carequality.org',
          'token.id': '_5a6b51b7-cd3e-4629-aac8-9846cbc3cf84',
          'token.type': 'saml',
        },
        purpose: 'TREAT',
      },
      occurredAt: '2021-12-03T09:49:00.000Z',
      outcome: 'success',
    },
    notCarried: 'agent[0].purposeOfUse[1] agent[0].purposeOfUse[2] agent[0].purposeOfUse[3] subtype type',
    assumed: 'actor.type occurredAt',
  },
  'balp/ex-auditPrivacyDisclosure-measurereport': {
    event: {
      action: 'disclose',
      actor: { id: 'ex-patient', roles: [], type: 'patient' },
      context: {
        disclosure: {
          address: 'http://server.example.com/fhir',
          description: 'MeasureReport/ex-measurereport',
          purpose: 'patient requested',
          recipient: 'myMachine.example.org',
        },
        purpose: 'PATRQT',
      },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      subject: { patients: ['ex-patient'], resource: { id: 'ex-measurereport', type: 'MeasureReport' } },
    },
    notCarried: 'agent[2].type entity[1].role entity[1].type subtype[1]',
    assumed: 'context.disclosure.description context.disclosure.purpose occurredAt',
  },
  'balp/ex-auditPrivacyDisclosure-recipient-minCodes': {
    event: {
      action: 'upload',
      actor: { id: 'ex-patient', roles: [], type: 'patient' },
      context: { details: { 'disclosure.side': 'received' }, purpose: 'PATRQT' },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334', userAgent: 'myMachine.example.org' },
      subject: { patients: ['ex-patient'], resource: { id: 'ex-documentreference', type: 'DocumentReference' } },
    },
    notCarried: 'agent[2].type entity[1].role',
    assumed: 'occurredAt',
  },
  'balp/ex-auditPrivacyDisclosure-recipient': {
    event: {
      action: 'upload',
      actor: { id: 'ex-patient', roles: [], type: 'patient' },
      context: { details: { 'disclosure.side': 'received' }, purpose: 'PATRQT' },
      occurredAt: '2020-04-29T09:49:00.000Z',
      outcome: 'success',
      source: { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334', userAgent: 'myMachine.example.org' },
      subject: { patients: ['ex-patient'], resource: { id: 'ex-documentreference', type: 'DocumentReference' } },
    },
    notCarried: 'agent[2].type entity[1].role',
    assumed: 'occurredAt',
  },
}
