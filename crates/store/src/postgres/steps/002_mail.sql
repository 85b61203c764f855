CREATE TABLE outbox (
    account_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    id UUID NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_attempt BIGINT,
    error TEXT,
    created BIGINT NOT NULL,
    history_type TEXT NOT NULL,
    history_id UUID NOT NULL,
    contact_id UUID NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    copy TEXT,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    PRIMARY KEY (account_id, id)
) /* PARTITIONING */;
CREATE INDEX outbox_seq ON outbox (account_id, seq);
CREATE INDEX outbox_due ON outbox (account_id, next_attempt) WHERE state = 'queued';

CREATE TABLE custom_mail (
    account_id BIGINT NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (account_id, name_key)
) /* PARTITIONING */;
