-- Who only reads the read model has this role's rights. A role belongs to the whole cluster: another
-- installation may have made it, or may be making it at this moment. Where we may not make roles,
-- whoever runs the database does.
DO $$
BEGIN
  CREATE ROLE nottermost_reader NOLOGIN;
EXCEPTION
  WHEN duplicate_object OR unique_violation THEN NULL;
  WHEN insufficient_privilege THEN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nottermost_reader') THEN
      RAISE EXCEPTION 'the role nottermost_reader is missing and we may not make it: CREATE ROLE nottermost_reader';
    END IF;
END $$;

DO $$
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO nottermost_reader', current_schema());
  EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO nottermost_reader', current_schema());
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON TABLES TO nottermost_reader', current_schema());
END $$;
