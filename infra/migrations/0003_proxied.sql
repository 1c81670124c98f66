-- Behind RDS Proxy the functions are these users, each with the rights of the one without. The proxy signs in by password,
-- and who has rds_iam cannot: so they are users of their own, and versions from before the proxy still sign in by IAM.
-- infra/migrate.py gives them passwords where there is a proxy; without one nobody can be them. Safe to run again.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'users_api_proxied') THEN
        CREATE ROLE users_api_proxied LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'users_subscriber_proxied') THEN
        CREATE ROLE users_subscriber_proxied LOGIN;
    END IF;
END
$$;

-- Not by membership in the other role: rds_iam would come with it. As in 0002_roles.sql.
GRANT SELECT ON users TO users_api_proxied;
GRANT SELECT, INSERT, DELETE ON users TO users_subscriber_proxied;
ALTER ROLE users_api_proxied SET statement_timeout = '2s';
ALTER ROLE users_subscriber_proxied SET statement_timeout = '5s';
