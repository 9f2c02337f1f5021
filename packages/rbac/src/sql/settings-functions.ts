import { purposesOfUse } from '@phi/core'
import { quoted } from './condition.ts'

/** A body between dollar quotes that do not occur in it. */
export function dollarQuoted(body: string): string {
  let tag = '$phi$'
  for (let i = 1; body.includes(tag); i++) tag = `$phi${i}$`
  return `${tag}${body}${tag}`
}

/**
 * The functions through which policies of a table read the settings of the transaction. What is missing, empty or unreadable is NULL,
 * never an error that would quote it. They run as whoever asks, and see only what PostgreSQL itself brings along.
 *
 * Those that read JSON are PARALLEL UNSAFE (the default): catching an error starts a subtransaction, which parallel plans forbid.
 */
export function settingsFunctions(schema: string): readonly string[] {
  const define = (language: 'sql' | 'plpgsql', signature: string, returns: string, body: string): string =>
    `CREATE OR REPLACE FUNCTION ${schema}.${signature} RETURNS ${returns} LANGUAGE ${language} STABLE SECURITY INVOKER
  SET search_path = pg_catalog, pg_temp AS ${dollarQuoted(body)}`
  const guarded = (declare: string, body: string): string =>
    `${declare === '' ? '' : `DECLARE ${declare} `}BEGIN ${body} EXCEPTION WHEN data_exception OR program_limit_exceeded THEN RETURN NULL; END`
  const sql = (signature: string, returns: string, body: string) => define('sql', signature, returns, body)
  const plain = (signature: string, returns: string, declare: string, body: string) =>
    define('plpgsql', signature, returns, guarded(declare, body))
  const codes = Object.keys(purposesOfUse).map(quoted).join(', ')
  const at = 'setting text, member text'
  return [
    sql('setting(name text)', 'text', `SELECT nullif(current_setting($1, true), '')`),
    plain('document(name text)', 'jsonb', '', `RETURN nullif(current_setting(name, true), '')::jsonb;`),
    sql(
      `member(${at})`,
      'jsonb',
      `SELECT CASE jsonb_typeof(d) WHEN 'object' THEN d -> $2 END FROM ${schema}.document($1) AS d`,
    ),
    sql(
      `text_of(${at})`,
      'text',
      `SELECT CASE jsonb_typeof(m) WHEN 'string' THEN m #>> '{}' END FROM ${schema}.member($1, $2) AS m`,
    ),
    sql(
      `boolean_of(${at})`,
      'boolean',
      `SELECT CASE jsonb_typeof(m) WHEN 'boolean' THEN (m #>> '{}')::boolean END FROM ${schema}.member($1, $2) AS m`,
    ),
    plain(
      `number_of(${at})`,
      'double precision',
      `m jsonb := ${schema}.member(setting, member);`,
      `IF jsonb_typeof(m) = 'number' THEN RETURN (m #>> '{}')::double precision; END IF; RETURN NULL;`,
    ),
    plain(
      `address_of(${at})`,
      'inet',
      `a inet;`,
      `a := ${schema}.text_of(setting, member)::inet; IF masklen(a) = (CASE family(a) WHEN 4 THEN 32 ELSE 128 END) THEN RETURN a; END IF; RETURN NULL;`,
    ),
    plain(
      'texts(list jsonb)',
      'text[]',
      '',
      `IF jsonb_typeof(list) IS DISTINCT FROM 'array' THEN RETURN NULL; END IF;
    IF EXISTS (SELECT FROM jsonb_array_elements(list) AS e WHERE jsonb_typeof(e) <> 'string') THEN RETURN NULL; END IF;
    RETURN ARRAY(SELECT jsonb_array_elements_text(list));`,
    ),
    sql(`texts_of(${at})`, 'text[]', `SELECT ${schema}.texts(${schema}.member($1, $2))`),
    plain(
      `numbers_of(${at})`,
      'double precision[]',
      `list jsonb := ${schema}.member(setting, member);`,
      `IF jsonb_typeof(list) IS DISTINCT FROM 'array' THEN RETURN NULL; END IF;
    IF EXISTS (SELECT FROM jsonb_array_elements(list) AS e WHERE jsonb_typeof(e) <> 'number') THEN RETURN NULL; END IF;
    RETURN ARRAY(SELECT e::double precision FROM jsonb_array_elements_text(list) AS e);`,
    ),
    sql(`is_null(${at})`, 'boolean', `SELECT coalesce(jsonb_typeof(${schema}.member($1, $2)) = 'null', FALSE)`),
    sql(
      `is_absent(${at})`,
      'boolean',
      `SELECT coalesce(jsonb_typeof(d) = 'object' AND d -> $2 IS NULL, FALSE) FROM ${schema}.document($1) AS d`,
    ),
    sql('roles()', 'text[]', `SELECT ${schema}.texts(${schema}.document('phi.roles'))`),
    sql('purpose()', 'text', `SELECT p FROM ${schema}.setting('phi.purpose') AS p WHERE p IN (${codes})`),
    sql(
      'moment()',
      'double precision',
      String.raw`SELECT CASE WHEN s ~ '^-?[0-9]{1,16}(\.[0-9]{1,20})?$' THEN s::double precision END FROM ${schema}.setting('phi.at') AS s`,
    ),
  ]
}
