#include "base/error.hpp"
#include "hub/store_implementation.hpp"

namespace sallyport::hub {
namespace {

using sqlite::Database;

/// What a transaction needs to judge a join token.
struct Redemption {
    std::int64_t agent_row = 0;
    std::uint64_t generation = 0;
    AgentKey agent;
};

Error refused(const char* why) { return {Errc::unauthorized, why}; }

/// Checks again what the caller may have seen some time ago.
Result<Redemption> check(Database& database, std::string_view secret_hash, TimePoint now) {
    auto select = database.prepare(
        "SELECT agent.id, generation, agent.tenant, agent.name, expires_at,"
        "       used_at IS NOT NULL, replaced_at IS NOT NULL, enabled"
        " FROM join_token JOIN agent ON agent.id = agent JOIN tenant ON tenant.id = agent.tenant"
        " WHERE secret_hash = ?");
    if (!select) return select.error();
    const auto row = select->bind(secret_hash).step();
    if (!row) return row.error();
    if (!*row) return refused("unknown join token");
    if (select->number(5) != 0) return refused("the join token was used already");
    if (select->number(6) != 0) return refused("the join token was replaced or withdrawn");
    if (select->number(4) <= sqlite::seconds_of(now)) return refused("the join token has expired");
    if (select->number(7) == 0) return refused("the tenant is disabled");
    return Redemption{.agent_row = select->number(0),
                      .generation = static_cast<std::uint64_t>(select->number(1)),
                      .agent = {.tenant_id = select->text(2), .name = select->text(3)}};
}

}  // namespace

Result<JoinTokenEntry> Store::join_token(std::string_view secret_hash) {
    return implementation_->read([&](Database& database) -> Result<JoinTokenEntry> {
        auto select = database.prepare(
            "SELECT tenant.id, agent.name, expires_at, used_at, replaced_at, tenant.name"
            " FROM join_token JOIN agent ON agent.id = agent JOIN tenant ON tenant.id = "
            "agent.tenant"
            " WHERE secret_hash = ?");
        if (!select) return select.error();
        const auto row = select->bind(secret_hash).step();
        if (!row) return row.error();
        if (!*row) return Error{Errc::not_found, "unknown join token"};
        return JoinTokenEntry{.secret_hash = std::string(secret_hash),
                              .agent = {.tenant_id = select->text(0), .name = select->text(1)},
                              .expires_at = sqlite::time_of(select->number(2)),
                              .used_at = sqlite::time_of(select->optional_number(3)),
                              .replaced_at = sqlite::time_of(select->optional_number(4)),
                              .tenant_name = select->text(5)};
    });
}

Result<std::uint64_t> Store::redeem(std::string_view secret_hash,
                                    const CertificateEntry& certificate, TimePoint now) {
    return implementation_->write([&](Database& database) -> Result<std::uint64_t> {
        const auto valid = check(database, secret_hash, now);
        if (!valid) return valid.error();
        // The certificate was made for the agent the caller looked up; it must be the same one.
        if (valid->agent != certificate.agent)
            return refused("the join token belongs to another agent");
        const auto room = sqlite::check_locations(database, valid->agent, valid->agent_row);
        if (!room) return refused(room.error().detail.c_str());

        const auto at = sqlite::seconds_of(now);
        const auto generation = valid->generation + 1;
        const auto number = static_cast<std::int64_t>(generation);
        const auto used = sqlite::execute(
            database.prepare("UPDATE join_token SET used_at = ? WHERE secret_hash = ?"), at,
            secret_hash);
        if (!used) return used.error();
        const auto revoked = sqlite::execute(
            database.prepare(
                "UPDATE certificate SET revoked_at = ? WHERE agent = ? AND revoked_at IS NULL"),
            at, valid->agent_row);
        if (!revoked) return revoked.error();
        // What was known of its processes and of copies is of the past: it may be another machine.
        const auto enrolled = sqlite::execute(
            database.prepare(
                "UPDATE agent SET generation = ?, confirmed = ?, enrolment = enrolment + 1,"
                " epoch = 0, process = '', alarm_at = NULL, alarm_count = 0, revoked_at = NULL"
                " WHERE id = ?"),
            number, number, valid->agent_row);
        if (!enrolled) return enrolled.error();
        const auto as_others = sqlite::execute(
            database.prepare("DELETE FROM restoration WHERE agent = ?"), valid->agent_row);
        if (!as_others) return as_others.error();
        const auto recorded =
            sqlite::insert_certificate(database, valid->agent_row, generation, certificate);
        if (!recorded) return recorded.error();
        return generation;
    });
}

}  // namespace sallyport::hub
