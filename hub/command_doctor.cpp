#include "hub/command_doctor.hpp"

#include "daemon/bundle.hpp"
#include "hub/bundle_config.hpp"
#include "hub/command_context.hpp"
#include "hub/doctor.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <memory>

namespace sallyport::hub {
namespace {

using daemon::BundlePart;

struct BundleOrder {
    std::filesystem::path out;
    std::filesystem::path log;
    std::filesystem::path socket;
    std::size_t records = 200;
    bool personal = false;
};

std::vector<BundlePart> collect(const std::filesystem::path& file, const BundleOrder& order) {
    const auto config = Config::load(file);
    const auto socket = !order.socket.empty() ? order.socket
                        : config              ? config->admin_socket
                                              : Config().admin_socket;
    auto parts = daemon::doctor_parts(daemon::examine(doctor_checks(file, order.socket), {}));
    parts.insert(parts.begin(), daemon::version_part("sallyport-hub"));
    parts.push_back(daemon::config_part(file, may_bundle));
    parts.push_back(daemon::status_part(socket, "what the hub says of itself"));
    parts.push_back(
        daemon::daemon_part(socket, "/metrics", "metrics.txt", "its metrics (Prometheus)"));
    parts.push_back(daemon::log_part("sallyport-hub", order.log));
    std::ranges::move(daemon::audit_parts(config ? config->audit_folder() : Config().audit_folder(),
                                          order.records, order.personal),
                      std::back_inserter(parts));
    return parts;
}

Result<CommandOutput> bundle(const std::filesystem::path& file, const BundleOrder& order) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto out = order.out.empty()
                         ? std::filesystem::path(daemon::bundle_file_name("sallyport-hub", now))
                         : order.out;
    const auto parts = collect(file, order);
    if (auto written = daemon::write_bundle(out, parts, "sallyport-hub", now); !written)
        return written.error();
    boost::json::array names;
    for (const auto& part : parts)
        if (!part.content.empty()) names.emplace_back(part.name);
    return CommandOutput{
        boost::json::object{{"file", out.string()}, {"parts", std::move(names)}},
        out.string() + " is written.\n\n" + daemon::bundle_list(parts, "sallyport-hub", now)};
}

}  // namespace

void add_doctor_commands(CLI::App& app, CommandContext& context, const std::string& file) {
    auto* doctor = app.add_subcommand("doctor", "find out why it does not work");
    const auto socket = std::make_shared<std::filesystem::path>();
    doctor->add_option("--socket", *socket, "admin socket of the daemon");
    doctor->add_flag("--json", context.json, "print findings for programs");
    doctor->callback([&context, &file, socket] {
        context.exit_code =
            daemon::run_doctor(doctor_checks(file, *socket),
                               {.out = context.out, .err = context.err, .json = context.json});
    });
    auto* command = app.add_subcommand(
        "bundle", "collect what support needs into one file, without any secret");
    const auto order = std::make_shared<BundleOrder>();
    command->add_option("-o,--out", order->out, "the file to write (tar.gz)");
    command->add_option("--log", order->log, "log of the hub, where it is not the journal");
    command->add_option("--records", order->records, "so many newest records of the audit log")
        ->check(CLI::Range(0, 10'000))
        ->capture_default_str();
    command->add_flag("--personal", order->personal, "with the personal values of these records");
    command->add_option("--socket", order->socket, "admin socket of the daemon");
    on_run(*command, context, [&file, order] { return bundle(file, *order); });
}

}  // namespace sallyport::hub
