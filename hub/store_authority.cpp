#include "base/error.hpp"
#include "hub/store_implementation.hpp"

namespace sallyport::hub {
namespace {

using sqlite::Database;

std::string_view role_text(AuthorityRole role) {
    switch (role) {
        case AuthorityRole::current:
            return "current";
        case AuthorityRole::next:
            return "next";
        case AuthorityRole::retired:
            break;
    }
    return "retired";
}

AuthorityRole role_of(std::string_view text) {
    if (text == "current") return AuthorityRole::current;
    return text == "next" ? AuthorityRole::next : AuthorityRole::retired;
}

/// "1 current (issues), 2 next"
std::string authorities_text(const std::vector<AuthorityEntry>& entries) {
    std::string text;
    for (const auto& entry : entries) {
        if (!text.empty()) text += ", ";
        text += std::to_string(entry.number) + " " + std::string(role_text(entry.role));
        if (entry.issues) text += " (issues)";
    }
    return text;
}

}  // namespace

Result<std::vector<AuthorityEntry>> sqlite::all_authorities(Database& database) {
    auto select = database.prepare(
        "SELECT number, role, issues, changed_at FROM authority"
        " ORDER BY number");
    if (!select) return select.error();
    auto all = rows(*select, [](const sqlite::Statement& row) {
        return AuthorityEntry{row.number(0), role_of(row.text(1)), row.number(2) != 0,
                              time_of(row.number(3))};
    });
    // Before the first change there is the one that `init` made.
    if (all && all->empty()) all->push_back({});
    return all;
}

Result<std::vector<AuthorityEntry>> Store::authorities() {
    return implementation_->read(sqlite::all_authorities);
}

Result<void> Store::change_authorities(const std::vector<AuthorityEntry>& before,
                                       const std::vector<AuthorityEntry>& after) {
    return implementation_->act(
        {.act = "authority.change",
         .before = authorities_text(before),
         .after = authorities_text(after)},
        [&](Database& database) -> Result<void> {
            const auto present = sqlite::all_authorities(database);
            if (!present) return present.error();
            if (*present != before)
                return Error{Errc::conflict, "somebody else has changed the authorities meanwhile"};
            if (const auto done = database.run("DELETE FROM authority"); !done) return done.error();
            for (const auto& entry : after) {
                auto insert = database.prepare("INSERT INTO authority VALUES (?, ?, ?, ?)");
                const auto done = sqlite::execute(std::move(insert), entry.number,
                                                  role_text(entry.role), std::int64_t{entry.issues},
                                                  sqlite::seconds_of(entry.changed_at));
                if (!done) return done.error();
            }
            return {};
        });
}

}  // namespace sallyport::hub
