-- What the two functions may do, and no more. Safe to run again.
-- On RDS and Aurora they sign in with IAM tokens, which needs the role rds_iam; elsewhere there is none.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'users_api') THEN
        CREATE ROLE users_api LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'users_subscriber') THEN
        CREATE ROLE users_subscriber LOGIN;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN
        GRANT rds_iam TO users_api, users_subscriber;
    END IF;
END
$$;

GRANT SELECT ON users TO users_api;
GRANT SELECT, INSERT, DELETE ON users TO users_subscriber;

-- As DB_STATEMENT_TIMEOUT_MS in pipeline.yaml, which is how long each function waits.
ALTER ROLE users_api SET statement_timeout = '2s';
ALTER ROLE users_subscriber SET statement_timeout = '5s';
