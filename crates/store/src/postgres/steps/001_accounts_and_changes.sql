-- Each table's key begins with the account, so that tables can be spread by it: PARTITIONING stands
-- where that is said.

CREATE TABLE account (
    account_id BIGINT PRIMARY KEY,
    number TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    contact_key TEXT NOT NULL,
    max_calls BIGINT,
    max_record_set BIGINT,
    -- The greatest of the numbers that tell in what order the account's rows came.
    next_seq BIGINT NOT NULL DEFAULT 0
) /* PARTITIONING */;

CREATE TABLE api_user (
    account_id BIGINT NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    allowed_addresses TEXT NOT NULL,
    locked_until BIGINT,
    PRIMARY KEY (account_id, name_key)
) /* PARTITIONING */;

CREATE TABLE login_failure (
    account_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    user_key TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account_id, user_key, at, seq)
) /* PARTITIONING */;

CREATE TABLE api_session (
    account_id BIGINT NOT NULL,
    token_hash BYTEA NOT NULL,
    user_key TEXT COLLATE "C" NOT NULL,
    user_name TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (account_id, token_hash)
) /* PARTITIONING */;

CREATE TABLE usage (
    account_id BIGINT NOT NULL,
    day TEXT COLLATE "C" NOT NULL,
    calls BIGINT NOT NULL,
    PRIMARY KEY (account_id, day)
) /* PARTITIONING */;

CREATE TABLE contact_type (
    account_id BIGINT NOT NULL,
    code_key TEXT COLLATE "C" NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (account_id, code_key)
) /* PARTITIONING */;

CREATE TABLE change_log (
    account_id BIGINT NOT NULL,
    object_type TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    id UUID NOT NULL,
    deleted BOOLEAN NOT NULL,
    PRIMARY KEY (account_id, object_type, at, id)
) /* PARTITIONING */;
