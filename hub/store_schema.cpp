#include "hub/store_sqlite.hpp"

#include <array>

namespace sallyport::hub::sqlite {
namespace {

/// Step n leads from version n to n + 1. Published steps never change; new ones are appended.
constexpr std::array migrations{
    R"sql(
CREATE TABLE tenant (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    subdomain  TEXT NOT NULL UNIQUE,
    enabled    INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE client (
    id          TEXT PRIMARY KEY,
    tenant      TEXT NOT NULL REFERENCES tenant (id),
    secret_hash TEXT NOT NULL,
    enabled     INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE subscription (
    client TEXT NOT NULL REFERENCES client (id),
    tenant TEXT NOT NULL REFERENCES tenant (id),
    PRIMARY KEY (client, tenant)
) STRICT, WITHOUT ROWID;

CREATE TABLE agent (
    id         INTEGER PRIMARY KEY,
    tenant     TEXT NOT NULL REFERENCES tenant (id),
    name       TEXT NOT NULL,
    generation INTEGER NOT NULL DEFAULT 0,
    revoked_at INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (tenant, name)
) STRICT;

CREATE TABLE agent_location (
    agent    INTEGER NOT NULL REFERENCES agent (id),
    location TEXT NOT NULL,
    shared   INTEGER NOT NULL CHECK (shared IN (0, 1)),
    PRIMARY KEY (agent, location)
) STRICT, WITHOUT ROWID;

CREATE TABLE join_token (
    secret_hash TEXT PRIMARY KEY,
    agent       INTEGER NOT NULL REFERENCES agent (id),
    expires_at  INTEGER NOT NULL,
    used_at     INTEGER,
    replaced_at INTEGER
) STRICT;
CREATE INDEX join_token_of_agent ON join_token (agent);

CREATE TABLE certificate (
    serial     TEXT PRIMARY KEY,
    agent      INTEGER NOT NULL REFERENCES agent (id),
    generation INTEGER NOT NULL,
    issued_at  INTEGER NOT NULL,
    not_after  INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE INDEX certificate_of_agent ON certificate (agent);
)sql",

    // Renewal: until here a generation was an enrolment, and each took effect at once.
    R"sql(
ALTER TABLE agent ADD COLUMN enrolment INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agent ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agent ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agent ADD COLUMN process TEXT NOT NULL DEFAULT '';
ALTER TABLE agent ADD COLUMN authorities TEXT NOT NULL DEFAULT '';
ALTER TABLE agent ADD COLUMN alarm_at INTEGER;
ALTER TABLE agent ADD COLUMN alarm_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agent ADD COLUMN alarm_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE agent ADD COLUMN alarm_peer TEXT NOT NULL DEFAULT '';
UPDATE agent SET enrolment = generation, confirmed = generation;

ALTER TABLE certificate ADD COLUMN authority TEXT NOT NULL DEFAULT '';

CREATE TABLE approval (
    agent        INTEGER PRIMARY KEY REFERENCES agent (id),
    key_hash     TEXT NOT NULL,
    what         TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    approved_at  INTEGER
) STRICT;

CREATE TABLE authority (
    number     INTEGER PRIMARY KEY,
    role       TEXT NOT NULL CHECK (role IN ('current', 'next', 'retired')),
    issues     INTEGER NOT NULL CHECK (issues IN (0, 1)),
    changed_at INTEGER NOT NULL
) STRICT;
)sql",

    // Certificates of agents may come from an authority of the tenant's own.
    R"sql(
CREATE TABLE external_authority (
    tenant      TEXT NOT NULL REFERENCES tenant (id),
    fingerprint TEXT NOT NULL,
    certificate TEXT NOT NULL,
    added_at    INTEGER NOT NULL,
    PRIMARY KEY (tenant, fingerprint)
) STRICT, WITHOUT ROWID;
)sql",

    // Several keys of an agent may wait: none takes the place of one that somebody looks at.
    R"sql(
ALTER TABLE approval RENAME TO approval_before;
CREATE TABLE approval (
    agent        INTEGER NOT NULL REFERENCES agent (id),
    key_hash     TEXT NOT NULL,
    what         TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    approved_at  INTEGER,
    PRIMARY KEY (agent, key_hash)
) STRICT, WITHOUT ROWID;
INSERT INTO approval SELECT agent, key_hash, what, requested_at, approved_at FROM approval_before;
DROP TABLE approval_before;
)sql",

    // Keys for clients that can send nothing but a password.
    R"sql(
CREATE TABLE access_key (
    id          TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL,
    client      TEXT NOT NULL REFERENCES client (id),
    tenant      TEXT NOT NULL REFERENCES tenant (id),
    location    TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    used_at     INTEGER,
    revoked_at  INTEGER
) STRICT;
CREATE INDEX access_key_of_client ON access_key (client);
)sql",

    // Services that agents may reach. No agent: any of the tenant; no location: any.
    R"sql(
CREATE TABLE channel (
    tenant     TEXT NOT NULL REFERENCES tenant (id),
    name       TEXT NOT NULL,
    agent      TEXT NOT NULL,
    location   TEXT,
    target     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;
)sql",

    // What administrators did and the audit log does not say yet. Numbers are never used again.
    R"sql(
CREATE TABLE audit_outbox (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL,
    who          TEXT NOT NULL,
    account      TEXT NOT NULL,
    sudo_account TEXT NOT NULL,
    act          TEXT NOT NULL,
    tenant       TEXT NOT NULL,
    object       TEXT NOT NULL,
    before_text  TEXT NOT NULL,
    after_text   TEXT NOT NULL
) STRICT;
)sql",

    // Agents whose present enrolment was out of a backup.
    R"sql(
CREATE TABLE restoration (
    agent INTEGER PRIMARY KEY REFERENCES agent (id),
    at    INTEGER NOT NULL,
    text  TEXT NOT NULL
) STRICT;
)sql",

    // Access keys may be for a few virtual hosts, with blanks between them. None: for all.
    R"sql(
ALTER TABLE access_key ADD COLUMN hosts TEXT NOT NULL DEFAULT '';
)sql",
};

Result<void> migrate_one(Database& database, std::int64_t from) {
    auto transaction = Transaction::begin(database, Transaction::Kind::write);
    if (!transaction) return transaction.error();
    // Another process may have done this step while we waited for the lock.
    const auto version = database.pragma("PRAGMA user_version");
    if (!version) return version.error();
    if (*version != from) return transaction->commit();

    if (const auto done = database.run(migrations.at(static_cast<std::size_t>(from))); !done)
        return done.error();
    const auto next = "PRAGMA user_version = " + std::to_string(from + 1);
    if (const auto done = database.run(next.c_str()); !done) return done.error();
    return transaction->commit();
}

}  // namespace

std::int64_t schema_version() { return static_cast<std::int64_t>(migrations.size()); }

Result<void> migrate(Database& database) {
    while (true) {
        const auto version = database.pragma("PRAGMA user_version");
        if (!version) return version.error();
        if (*version == schema_version()) return {};
        if (*version > schema_version() || *version < 0)
            return Error{Errc::unsupported,
                         "the hub's database has schema version " + std::to_string(*version) +
                             ", this program knows up to " + std::to_string(schema_version()) +
                             ": install the newer sallyport-hub that wrote it"};
        if (const auto done = migrate_one(database, *version); !done) return done.error();
    }
}

}  // namespace sallyport::hub::sqlite
