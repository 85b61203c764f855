CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    active INTEGER NOT NULL,
    contact_key TEXT NOT NULL,
    max_calls INTEGER,
    max_record_set INTEGER
);

CREATE TABLE api_user (
    account_id INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    active INTEGER NOT NULL,
    allowed_addresses TEXT NOT NULL,
    locked_until INTEGER,
    PRIMARY KEY (account_id, name_key)
) WITHOUT ROWID;

CREATE TABLE login_failure (
    seq INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL,
    user_key TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE INDEX login_failure_user ON login_failure (account_id, user_key, at);

CREATE TABLE api_session (
    account_id INTEGER NOT NULL,
    token_hash BLOB(32) NOT NULL,
    user_key TEXT NOT NULL,
    user_name TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (account_id, token_hash)
) WITHOUT ROWID;

CREATE TABLE usage (
    account_id INTEGER NOT NULL,
    day TEXT NOT NULL,
    calls INTEGER NOT NULL,
    PRIMARY KEY (account_id, day)
) WITHOUT ROWID;

CREATE TABLE contact_type (
    account_id INTEGER NOT NULL,
    code_key TEXT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (account_id, code_key)
) WITHOUT ROWID;

CREATE TABLE change_log (
    account_id INTEGER NOT NULL,
    object_type TEXT NOT NULL,
    at INTEGER NOT NULL,
    id BLOB(16) NOT NULL,
    deleted INTEGER NOT NULL,
    PRIMARY KEY (account_id, object_type, at, id)
) WITHOUT ROWID;
