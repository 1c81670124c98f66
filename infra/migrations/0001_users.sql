-- One row a message. Safe to run again; plain psql reads it:
--   psql -v ON_ERROR_STOP=1 -f 0001_users.sql
CREATE TABLE IF NOT EXISTS users (
    message_id   text        PRIMARY KEY,
    name         text        NOT NULL,
    email        text        NOT NULL,
    synthetic    boolean     NOT NULL DEFAULT false,
    -- The clock of the API, which took the POST.
    published_at timestamptz NOT NULL,
    -- The clock of the database, as the row is written: transaction time would date a whole batch alike.
    stored_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT users_message_id_length CHECK (length(message_id) BETWEEN 1 AND 64),
    CONSTRAINT users_name_length CHECK (length(name) BETWEEN 1 AND 200),
    CONSTRAINT users_email_length CHECK (length(email) BETWEEN 3 AND 254),
    -- PostgreSQL knows years that no client does: one such row would break every page it is on.
    CONSTRAINT users_published_at_years CHECK (published_at BETWEEN '2000-01-01Z' AND '3000-01-01Z')
);

-- Pages of GET /users, newest first: read backwards.
CREATE INDEX IF NOT EXISTS users_pages ON users (stored_at, message_id) WHERE NOT synthetic;

-- The subscriber's deleting of canary rows, oldest first.
CREATE INDEX IF NOT EXISTS users_synthetic ON users (stored_at) WHERE synthetic;
