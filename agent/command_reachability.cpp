#include "agent/command_reachability.hpp"

#include "agent/command_context.hpp"
#include "agent/reachability.hpp"
#include "mappings/table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <memory>

namespace sallyport::agent {
namespace {

namespace json = boost::json;

constexpr int exit_not_reachable = 1;
constexpr int exit_nothing_to_test = 2;

struct Chosen {
    std::vector<ReachTarget> targets{};
    std::vector<std::string> cut{};  // virtual hosts of which not all ports are tried
};

/// The mapping of "host:port", or all of "host"; of all mappings if nothing is named.
Chosen targets_of(const Site& site, const std::string& name) {
    Chosen chosen;
    const auto add = [&](const mappings::Mapping& mapping, std::uint16_t only_port) {
        std::ranges::move(reach_targets(site, mapping, only_port),
                          std::back_inserter(chosen.targets));
        if (only_port == 0 && mapping.internal.ports.count > reach_ports_max)
            chosen.cut.push_back(mapping.virtual_text());
    };
    if (name.find(':') != std::string::npos) {
        const mappings::Access access{
            .authority = name, .target = "/", .method = "CONNECT", .stream = true};
        const auto decision = site.table.decide(access, std::chrono::system_clock::now());
        if (decision.mapping != nullptr) add(*decision.mapping, decision.internal_port);
        return chosen;
    }
    for (const auto& mapping : site.table.mappings())
        if (name.empty() || mapping.virtual_host.host() == to_lower(name)) add(mapping, 0);
    return chosen;
}

/// As exchanges do. Where it cannot be read, a back end that wants it says so.
void show_system_certificate(std::vector<ReachTarget>& targets, const Config& config) {
    const auto shows = [](const ReachTarget& target) {
        return target.shows == ShownCertificate::system;
    };
    if (std::ranges::none_of(targets, shows)) return;
    const auto certificate = system_certificate(config, std::chrono::system_clock::now());
    if (!certificate) return;
    for (auto& target : targets)
        if (shows(target)) target.certificate = *certificate;
}

std::string milliseconds(std::chrono::microseconds time) {
    const auto tenths = (time.count() + 50) / 100;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

constexpr std::size_t column_width = 10;
enum class Padding { before, behind };

std::string padded(std::string_view text, Padding where) {
    std::string cell(text);
    const auto missing = column_width - std::min(column_width, cell.size());
    cell.insert(where == Padding::before ? 0 : cell.size(), missing, ' ');
    return cell;
}

std::string describe_reachability(const Reachability& about) {
    auto text = std::string(about.is_reachable() ? "ok    " : "FAIL  ") +
                about.target.virtual_host + " -> " + about.target.internal + "\n";
    for (const auto& step : about.steps) {
        text += "      " + padded(to_text(step.step), Padding::behind);
        text += padded(milliseconds(step.took), Padding::before);
        text += "  " + step.text + "\n";
    }
    if (!about.advice.empty()) text += "      " + about.advice + "\n";
    return text;
}

json::object to_json(const Reachability& about) {
    json::array steps;
    for (const auto& step : about.steps)
        steps.push_back(json::object{{"step", to_text(step.step)},
                                     {"good", step.good},
                                     {"microseconds", step.took.count()},
                                     {"text", step.text}});
    json::object out{{"virtual", about.target.virtual_host},
                     {"internal", about.target.internal},
                     {"reachable", about.is_reachable()},
                     {"steps", std::move(steps)}};
    if (!about.advice.empty()) out["advice"] = about.advice;
    return out;
}

CommandOutput nothing_to_test(const std::string& name) {
    const auto why = name.empty() ? "the configuration has no mapping"
                                  : "no mapping has the virtual host " + name +
                                        "; `sallyport mappings list` shows them";
    return {.json = json::object{{"error", why}},
            .text = why + "\n",
            .exit_code = exit_nothing_to_test};
}

Result<CommandOutput> test(const CommandContext& context, const std::string& name) {
    const auto site = Site::load(context.config);
    if (!site) return site.error();
    auto chosen = targets_of(**site, name);
    if (chosen.targets.empty()) return nothing_to_test(name);
    show_system_certificate(chosen.targets, (*site)->config);
    const auto found = reach_all(std::move(chosen.targets));
    const auto good = std::ranges::count_if(found, &Reachability::is_reachable);
    CommandOutput output;
    json::array all;
    for (const auto& about : found) {
        output.text += describe_reachability(about);
        all.push_back(to_json(about));
    }
    for (const auto& mapping : chosen.cut)
        output.text += "only the first " + std::to_string(reach_ports_max) + " ports of " +
                       mapping + " were tested; name another one: HOST:PORT\n";
    output.text += std::to_string(good) + " of " + std::to_string(found.size()) + " reachable\n";
    output.json =
        json::object{{"tested", found.size()}, {"reachable", good}, {"mappings", std::move(all)}};
    if (!chosen.cut.empty())
        output.json.get_object()["not_all_ports_of"] =
            json::array(chosen.cut.begin(), chosen.cut.end());
    output.exit_code = std::cmp_equal(good, found.size()) ? 0 : exit_not_reachable;
    return output;
}

}  // namespace

void add_reachability_command(CLI::App& mappings, CommandContext& context) {
    auto* command = mappings.add_subcommand(
        "test", "say whether this machine reaches the internal systems, and what to do if not");
    const auto name = std::make_shared<std::string>();
    command->add_option("virtual", *name, "virtual-host:port or virtual-host; default: all");
    on_run(*command, context, [&context, name] { return test(context, *name); });
}

}  // namespace sallyport::agent
