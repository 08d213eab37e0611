// Whether those who work here may write at all: a role that lost a grant answers users with errors, and the server is well.

export type WritersRow = {
  /** What nobody who works here may do, the first of it: `INSERT` into this table of this schema. */
  op: string;
  relation: string;
  namespace: string;
  /** What is missing: USAGE of the schema, the grant, or a policy of row-level security. */
  why: string;
  /** Who works here and would have to. */
  roles: string[];
};

/**
 * Rights of the roles that write: those that may write some table beside the platform's, or whose last statement was to
 * write. Roles that only read (analysts, exporters) owe nothing, and a superuser at a prompt proves nothing. An old copy of
 * a table in another schema says nothing either.
 */
export const writers = `
  WITH needed AS (
    SELECT c.oid, c.relname, c.relnamespace, c.relowner, c.relrowsecurity, c.relforcerowsecurity,
           c.relname IN ('studies', 'Study') AS study
    FROM pg_class c WHERE c.relname IN ('studies', 'jobs', 'Study', 'Job') AND c.relkind IN ('r', 'p')
  ), people AS (
    SELECT r.oid, r.rolname, r.rolsuper, r.rolbypassrls, bool_or(a.query ~* '^\\s*(insert|update|delete)\\y') AS writes
    FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid
    WHERE a.datname = current_database() AND coalesce(a.backend_type, 'client backend') = 'client backend'
      AND a.application_name NOT LIKE 'bentham-cockpit%'
      AND NOT (r.rolsuper AND a.application_name ~* '^(psql|pg_|pgadmin|dbeaver)')
    GROUP BY r.oid, r.rolname, r.rolsuper, r.rolbypassrls
  ), applications AS (
    SELECT p.* FROM people p
    WHERE p.writes OR EXISTS (
      SELECT FROM pg_class c
      WHERE c.relkind IN ('r', 'p') AND c.relnamespace IN (SELECT relnamespace FROM needed)
        AND (has_any_column_privilege(p.oid, c.oid, 'INSERT') OR has_any_column_privilege(p.oid, c.oid, 'UPDATE')))
  ), rights AS (
    SELECT n.study, n.relname, n.relnamespace, o.op, a.rolname,
           has_schema_privilege(a.oid, n.relnamespace, 'USAGE') AS used,
           has_any_column_privilege(a.oid, n.oid, o.op) AS granted,
           NOT n.relrowsecurity OR a.rolsuper OR a.rolbypassrls
             OR (NOT n.relforcerowsecurity AND pg_has_role(a.oid, n.relowner, 'USAGE'))
             OR EXISTS (SELECT FROM pg_policy y
                        WHERE y.polrelid = n.oid AND y.polpermissive AND y.polcmd IN ('*', o.cmd)
                          AND EXISTS (SELECT FROM unnest(y.polroles) t (role)
                                      WHERE CASE WHEN t.role = 0 THEN true ELSE pg_has_role(a.oid, t.role, 'USAGE') END))
             AS allowed
    FROM needed n, applications a, (VALUES ('INSERT', 'a'), ('UPDATE', 'w')) o (op, cmd)
  )
  SELECT op, min(relname::text) AS relation, min(relnamespace::regnamespace::text) AS namespace,
         CASE WHEN NOT bool_or(used) THEN 'schema' WHEN NOT bool_or(used AND granted) THEN 'grant' ELSE 'policy' END AS why,
         array_agg(DISTINCT rolname::text) AS roles
  FROM rights GROUP BY study, op
  HAVING NOT bool_or(used AND granted AND allowed)
  ORDER BY study DESC, op LIMIT 1`;
