#include "hub/command_context.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/terminal.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <CLI/App.hpp>
#include <algorithm>
#include <array>
#include <cstdio>

namespace sallyport::hub {
namespace {

/// More than a hundred years; keeps sums of times within their type.
constexpr std::uint64_t duration_seconds_max = std::uint64_t{36'600} * 86'400;

void report(CommandContext& context, const Result<CommandOutput>& outcome) {
    if (outcome) {
        context.out << (context.json ? boost::json::serialize(outcome->json) + '\n'
                                     : for_terminal(outcome->text));
        context.out.flush();
        if (!context.json) context.err << for_terminal(outcome->note);
        // Facts that did not arrive were not told: a full disk must not look like success.
        context.exit_code = context.out ? outcome->exit_code : 1;
        return;
    }
    context.exit_code = outcome.error().code == Errc::malformed ? 2 : 1;
    const auto& detail = outcome.error().detail;
    const auto message = detail.empty() ? outcome.error().code.message() : detail;
    if (context.json)
        context.err << boost::json::serialize(boost::json::object{{"error", message}}) << '\n';
    else
        context.err << "sallyport-hub: " << for_terminal(message) << '\n';
}

}  // namespace

void on_run(CLI::App& command, CommandContext& context,
            std::function<Result<CommandOutput>()> body) {
    command.add_flag("--json", context.json, "Print JSON");
    command.callback([&context, body = std::move(body)] { report(context, body()); });
}

std::map<std::string, std::string> tenant_names(const StoreContent& content) {
    std::map<std::string, std::string> names;
    for (const auto& tenant : content.tenants) names[tenant.id] = tenant.name;
    return names;
}

std::string tenant_id_of(const CommandContext& context, const std::string& name) {
    auto store = open_store(context);
    if (!store) return name;
    const auto content = store->content();
    if (!content) return name;
    const auto found = std::ranges::find(content->tenants, name, &Tenant::name);
    return found == content->tenants.end() ? name : found->id;
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows)
        for (std::size_t column = 0; column < row.size(); ++column) {
            if (column == widths.size()) widths.push_back(0);
            widths[column] = std::max(widths[column], row[column].size());
        }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t column = 0; column < row.size(); ++column) {
            line += row[column];
            line.append(widths[column] - row[column].size() + 2, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

Result<std::chrono::seconds> parse_duration(std::string_view text) {
    const Error wrong{Errc::malformed, "\"" + std::string(text) +
                                           "\" is no duration: write e.g. 90s, 15m, 1h or 7d"};
    constexpr std::array<std::pair<char, std::uint64_t>, 4> units{
        {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86'400}}};
    if (text.empty()) return wrong;
    const auto* unit = std::ranges::find(units, text.back(), &decltype(units)::value_type::first);
    const auto number = parse_decimal(text.substr(0, text.size() - 1));
    if (unit == units.end() || !number || *number > duration_seconds_max / unit->second)
        return wrong;
    return std::chrono::seconds(*number * unit->second);
}

std::string to_text(TimePoint time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::array<char, 32> text{};
    const int size = std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()));
    return {text.data(), static_cast<std::size_t>(std::max(size, 0))};
}

Result<Store> open_store(const CommandContext& context) {
    const auto facts = context.facts();
    if (!facts) return facts.error();
    return Store::open(facts->state_folder / "hub.db");
}

}  // namespace sallyport::hub
