#include "agent/bundle_config.hpp"
#include "agent/command_context.hpp"
#include "agent/doctor.hpp"
#include "agent/outbound.hpp"
#include "daemon/bundle.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <memory>

namespace sallyport::agent {
namespace {

using daemon::BundlePart;

struct BundleOrder {
    std::filesystem::path out;
    std::filesystem::path log;
    DoctorOrder doctor;
    std::size_t records = 200;
    bool personal = false;
};

/// agent.toml and mappings.d, also when they cannot be used.
std::vector<BundlePart> config_parts(const std::filesystem::path& file) {
    std::vector<BundlePart> parts;
    parts.push_back(daemon::config_part(file, may_bundle));
    std::vector<std::filesystem::path> more;
    std::error_code failure;
    std::filesystem::directory_iterator entry(file.parent_path() / "mappings.d", failure);
    for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure))
        if (entry->path().extension() == ".toml") more.push_back(entry->path());
    std::ranges::sort(more);
    for (const auto& path : more) {
        parts.push_back(daemon::config_part(path, may_bundle));
        parts.back().name = "configuration/mappings.d/" + path.filename().string();
    }
    return parts;
}

std::vector<BundlePart> collect(const BundleOrder& order) {
    std::vector<BundlePart> parts;
    const auto add = [&](std::vector<BundlePart> more) {
        std::ranges::move(more, std::back_inserter(parts));
    };
    parts.push_back(daemon::version_part("sallyport"));
    add(daemon::doctor_parts(daemon::examine(doctor_checks(order.doctor), {})));
    add(config_parts(order.doctor.config));
    const auto config = Config::load(order.doctor.config);
    const auto socket = socket_to_ask(order.doctor, config);
    parts.push_back(daemon::status_part(socket, "what the agent says of itself"));
    parts.push_back(
        daemon::daemon_part(socket, "/metrics", "metrics.txt", "its metrics (Prometheus)"));
    parts.push_back(daemon::daemon_part(socket, "/v1/top", "top.json",
                                        "links, mappings and the slowest exchanges"));
    if (config) {
        // KDCs and token servers stand in files that it names, which may be what is broken.
        const auto site = Site::load(order.doctor.config);
        const auto all = site ? outbound_of(**site) : outbound_of(*config, {}, {});
        parts.push_back({.name = "net.txt",
                         .what = "where it connects to",
                         .content = daemon::outbound_text(all, "the agent of Sallyport",
                                                          order.doctor.config.string())});
    }
    parts.push_back(daemon::log_part("sallyport", order.log));
    add(daemon::audit_parts(config ? config->audit_folder() : Config().audit_folder(),
                            order.records, order.personal));
    return parts;
}

Result<CommandOutput> bundle(const BundleOrder& order) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto file = order.out.empty()
                          ? std::filesystem::path(daemon::bundle_file_name("sallyport", now))
                          : order.out;
    const auto parts = collect(order);
    if (auto written = daemon::write_bundle(file, parts, "sallyport", now); !written)
        return written.error();
    boost::json::array names;
    for (const auto& part : parts)
        if (!part.content.empty()) names.emplace_back(part.name);
    return CommandOutput{
        boost::json::object{{"file", file.string()}, {"parts", std::move(names)}},
        file.string() + " is written.\n\n" + daemon::bundle_list(parts, "sallyport", now)};
}

}  // namespace

void add_bundle_command(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand(
        "bundle", "collect what support needs into one file, without any secret");
    const auto order = std::make_shared<BundleOrder>();
    const auto no_requests = std::make_shared<bool>(false);
    command->add_option("-o,--out", order->out, "the file to write (tar.gz)");
    command->add_option("--log", order->log, "log of the agent, where it is not the journal");
    command->add_option("--records", order->records, "so many newest records of the audit log")
        ->check(CLI::Range(0, 10'000))
        ->capture_default_str();
    command->add_flag("--personal", order->personal, "with the personal values of these records");
    command->add_flag("--no-requests", *no_requests, "as of doctor");
    command->add_option("--socket", order->doctor.socket, "admin socket of the daemon");
    on_run(*command, context, [&context, order, no_requests] {
        order->doctor.config = context.config;
        order->doctor.requests = !*no_requests;
        return bundle(*order);
    });
}

}  // namespace sallyport::agent
