// Acts of administrators, until they are on record.
#include "base/error.hpp"
#include "hub/store_implementation.hpp"

namespace sallyport::hub {
namespace {

using sqlite::Database;
using sqlite::Statement;

OutboxEntry entry_of(const Statement& row) {
    return {.id = static_cast<std::uint64_t>(row.number(0)),
            .at = sqlite::time_of(row.number(1)),
            .actor = {row.text(2), row.text(3), row.text(4)},
            .act = row.text(5),
            .tenant_id = row.text(6),
            .object = row.text(7),
            .before = row.text(8),
            .after = row.text(9)};
}

Result<void> check_room(Database& database) {
    // Rows come and go in the order of their numbers.
    auto select = database.prepare("SELECT coalesce(max(id) - min(id) + 1, 0) FROM audit_outbox");
    if (!select) return select.error();
    const auto row = select->step();
    if (!row) return row.error();
    if (select->number(0) < static_cast<std::int64_t>(outbox_rows_max)) return {};
    return Error{Errc::limit, std::to_string(outbox_rows_max) +
                                  " changes wait to be put on record already: start the hub, or "
                                  "repair its audit log (sallyport-hub audit repair)"};
}

}  // namespace

Result<std::string> sqlite::text_before(Database& database, const Before& before) {
    auto select = database.prepare(before.sql);
    if (!select) return select.error();
    select->bind(before.first);
    if (before.second) select->bind(*before.second);
    const auto row = select->step();
    if (!row) return row.error();
    return *row ? select->text(0) : std::string();
}

Result<void> sqlite::note_act(Database& database, const Actor& actor, const Act& act) {
    if (auto room = check_room(database); !room) return room;
    auto insert = database.prepare(
        "INSERT INTO audit_outbox (at, who, account, sudo_account, act, tenant, object,"
        " before_text, after_text) VALUES (unixepoch(), ?, ?, ?, ?, ?, ?, ?, ?)");
    return execute(std::move(insert), std::string_view(actor.who), std::string_view(actor.account),
                   std::string_view(actor.sudo_account), act.act, std::string_view(act.tenant_id),
                   std::string_view(act.object), std::string_view(act.before),
                   std::string_view(act.after));
}

Result<std::vector<OutboxEntry>> Store::outbox(std::size_t count_max) {
    return implementation_->read([&](Database& database) -> Result<std::vector<OutboxEntry>> {
        auto select = database.prepare(
            "SELECT id, at, who, account, sudo_account, act, tenant, object, before_text,"
            " after_text FROM audit_outbox ORDER BY id LIMIT ?");
        if (!select) return select.error();
        select->bind(static_cast<std::int64_t>(count_max));
        return sqlite::rows(*select, entry_of);
    });
}

Result<void> Store::settle_outbox(std::uint64_t up_to) {
    return implementation_->write([&](Database& database) {
        return sqlite::execute(database.prepare("DELETE FROM audit_outbox WHERE id <= ?"),
                               static_cast<std::int64_t>(up_to));
    });
}

Result<void> Store::note_act(const Act& act) {
    return implementation_->act(act, [](Database&) { return Result<void>(); });
}

void Store::act_as(Actor actor) { implementation_->act_as(std::move(actor)); }

}  // namespace sallyport::hub
