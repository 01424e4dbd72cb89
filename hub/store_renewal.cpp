#include "base/error.hpp"
#include "hub/store_implementation.hpp"

#include <limits>

namespace sallyport::hub {
namespace {

using sqlite::Database;
using sqlite::Statement;

std::int64_t signed_of(std::uint64_t number) {
    constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return static_cast<std::int64_t>(std::min(number, largest));
}

CertificateEntry certificate_of(const Statement& row) {
    return {.serial = row.text(0),
            .agent = {.tenant_id = row.text(1), .name = row.text(2)},
            .generation = static_cast<std::uint64_t>(row.number(3)),
            .issued_at = sqlite::time_of(row.number(4)),
            .not_after = sqlite::time_of(row.number(5)),
            .authority = row.text(6),
            .revoked_at = sqlite::time_of(row.optional_number(7))};
}

constexpr std::string_view select_certificates =
    "SELECT serial, agent.tenant, agent.name, certificate.generation, issued_at, not_after,"
    " certificate.authority, certificate.revoked_at"
    " FROM certificate JOIN agent ON agent.id = certificate.agent ";

/// The agent whose certificate has this serial number, and how far it has come.
struct Predecessor {
    std::int64_t agent_row = 0;
    std::uint64_t newest = 0;
};

Result<Predecessor> predecessor(Database& database, std::string_view serial,
                                const AgentKey& agent) {
    auto select = database.prepare(
        "SELECT agent.id, agent.generation, agent.confirmed, certificate.generation,"
        " certificate.revoked_at IS NOT NULL OR agent.revoked_at IS NOT NULL, enabled"
        " FROM certificate JOIN agent ON agent.id = certificate.agent"
        " JOIN tenant ON tenant.id = agent.tenant"
        " WHERE serial = ? AND agent.tenant = ? AND agent.name = ?");
    if (!select) return select.error();
    const auto row = select->bind(serial).bind(agent.tenant_id).bind(agent.name).step();
    if (!row) return row.error();
    if (!*row) return Error{Errc::unauthorized, "the hub does not know this certificate any more"};
    if (select->number(4) != 0) return Error{Errc::unauthorized, "the certificate was revoked"};
    if (select->number(5) == 0) return Error{Errc::unauthorized, "the tenant is disabled"};
    if (select->number(3) < select->number(2))
        return Error{Errc::denied, "a newer certificate of this agent is in use"};
    return Predecessor{select->number(0), static_cast<std::uint64_t>(select->number(1))};
}

}  // namespace

Result<std::vector<CertificateEntry>> sqlite::all_certificates(Database& database) {
    auto select = database.prepare(select_certificates);
    if (!select) return select.error();
    return rows(*select, certificate_of);
}

Result<void> sqlite::insert_certificate(Database& database, std::int64_t agent,
                                        std::uint64_t generation,
                                        const CertificateEntry& certificate) {
    auto insert = database.prepare(
        "INSERT INTO certificate (serial, agent, generation, issued_at, not_after, authority)"
        " VALUES (?, ?, ?, ?, ?, ?)");
    if (!insert) return insert.error();
    insert->bind(certificate.serial).bind(agent).bind(signed_of(generation));
    insert->bind(seconds_of(certificate.issued_at)).bind(seconds_of(certificate.not_after));
    if (const auto done = insert->bind(certificate.authority).execute(); !done) return done.error();
    // What an administrator let pass was this one.
    const auto used = execute(database.prepare("DELETE FROM approval WHERE agent = ?"), agent);
    if (!used) return used.error();
    // The confirmed one stays, however many were asked for and never used.
    return execute(
        database.prepare(
            "DELETE FROM certificate WHERE agent = ?1 AND generation <>"
            " (SELECT confirmed FROM agent WHERE id = ?1) AND serial NOT IN"
            " (SELECT serial FROM certificate WHERE agent = ?1 ORDER BY generation DESC LIMIT ?2)"),
        agent, static_cast<std::int64_t>(certificates_kept_max - 1));
}

Result<std::vector<CertificateEntry>> Store::certificates(const AgentKey& key) {
    return implementation_->read([&](Database& database) -> Result<std::vector<CertificateEntry>> {
        const auto agent = sqlite::agent_row(database, key);
        if (!agent) return agent.error();
        auto select =
            database.prepare(std::string(select_certificates) +
                             "WHERE certificate.agent = ? ORDER BY certificate.generation, serial");
        if (!select) return select.error();
        select->bind(*agent);
        return sqlite::rows(*select, certificate_of);
    });
}

Result<CertificateEntry> Store::certificate(std::string_view serial) {
    return implementation_->read([&](Database& database) -> Result<CertificateEntry> {
        auto select = database.prepare(std::string(select_certificates) + "WHERE serial = ?");
        if (!select) return select.error();
        const auto row = select->bind(serial).step();
        if (!row) return row.error();
        if (!*row) return Error{Errc::not_found, "the hub does not know this certificate"};
        return certificate_of(*select);
    });
}

Result<void> Store::may_renew(std::string_view serial, const AgentKey& agent) {
    return implementation_->read([&](Database& database) -> Result<void> {
        const auto before = predecessor(database, serial, agent);
        if (!before) return before.error();
        return {};
    });
}

Result<std::uint64_t> Store::renew(std::string_view serial, const CertificateEntry& certificate) {
    return implementation_->write([&](Database& database) -> Result<std::uint64_t> {
        const auto before = predecessor(database, serial, certificate.agent);
        if (!before) return before.error();
        const auto generation = before->newest + 1;
        const auto counted =
            sqlite::execute(database.prepare("UPDATE agent SET generation = ? WHERE id = ?"),
                            signed_of(generation), before->agent_row);
        if (!counted) return counted.error();
        const auto recorded =
            sqlite::insert_certificate(database, before->agent_row, generation, certificate);
        if (!recorded) return recorded.error();
        return generation;
    });
}

Result<void> Store::confirm(const AgentKey& key, const Sighting& sighting) {
    const auto authorities = sqlite::text_of(sighting.authorities);
    return implementation_->write([&](Database& database) -> Result<void> {
        const auto row = sqlite::agent_row(database, key);
        if (!row) return row.error();
        return sqlite::execute(
            database.prepare("UPDATE agent SET confirmed = max(confirmed, ?), epoch = ?,"
                             " process = ?, authorities = ?"
                             " WHERE id = ? AND epoch <= ? AND enrolment = ?"),
            signed_of(sighting.generation), signed_of(sighting.epoch),
            std::string_view(sighting.process), std::string_view(authorities), *row,
            signed_of(sighting.epoch), signed_of(sighting.enrolment));
    });
}

Result<bool> Store::raise_alarm(const AgentKey& key, std::string_view reason, std::string_view peer,
                                TimePoint now) {
    const auto is_fresh = implementation_->read([&](Database& database) -> Result<bool> {
        auto select = database.prepare(
            "SELECT 1 FROM agent WHERE tenant = ? AND name = ? AND alarm_at > ? AND alarm_at <= ?");
        if (!select) return select.error();
        select->bind(key.tenant_id).bind(key.name);
        return select->bind(sqlite::seconds_of(now - alarm_pause))
            .bind(sqlite::seconds_of(now))
            .step();
    });
    if (!is_fresh) return is_fresh.error();
    if (*is_fresh) return false;
    return implementation_->write([&](Database& database) -> Result<bool> {
        const auto row = sqlite::agent_row(database, key);
        if (!row) return row.error();
        const auto raised = sqlite::execute(
            database.prepare("UPDATE agent SET alarm_at = ?, alarm_count = alarm_count + 1,"
                             " alarm_reason = ?, alarm_peer = ? WHERE id = ?"),
            sqlite::seconds_of(now), reason, peer, *row);
        if (!raised) return raised.error();
        return true;
    });
}

Result<void> Store::clear_alarm(const AgentKey& key) {
    return implementation_->act(
        {.act = "agent.clear_alarm", .tenant_id = key.tenant_id, .object = key.name},
        {.sql = "SELECT 'alarms: ' || alarm_count || ', the last one: ' || alarm_reason"
                " FROM agent WHERE tenant = ? AND name = ?",
         .first = key.tenant_id,
         .second = key.name},
        [&](Database& database) -> Result<void> {
            const auto row = sqlite::agent_row(database, key);
            if (!row) return row.error();
            auto update = database.prepare(
                "UPDATE agent SET alarm_at = NULL, alarm_count = 0"
                " WHERE id = ? AND alarm_at IS NOT NULL");
            if (!update) return update.error();
            const auto changed = update->bind(*row).execute();
            if (!changed) return changed.error();
            if (*changed == 0) return Error{Errc::not_found, "there is no alarm of this agent"};
            return {};
        });
}

}  // namespace sallyport::hub
