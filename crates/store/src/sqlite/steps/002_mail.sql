CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL,
    id BLOB(16) NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next_attempt INTEGER,
    error TEXT,
    created INTEGER NOT NULL,
    history_type TEXT NOT NULL,
    history_id BLOB(16) NOT NULL,
    contact_id BLOB(16) NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    copy TEXT,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL
);
CREATE UNIQUE INDEX outbox_id ON outbox (account_id, id);
CREATE INDEX outbox_due ON outbox (account_id, next_attempt) WHERE state = 'queued';

CREATE TABLE custom_mail (
    account_id INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    name TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (account_id, name_key)
) WITHOUT ROWID;
