#include "agent/command_context.hpp"
#include "agent/config.hpp"
#include "agent/enrolment.hpp"
#include "agent/service_user.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "certs/join_token.hpp"
#include "net/blocking_pool.hpp"
#include "net/loop.hpp"
#include "net/task_group.hpp"

#include <boost/json/object.hpp>

#include <CLI/CLI.hpp>
#include <istream>
#include <iterator>
#include <memory>
#include <optional>

namespace sallyport::agent {
namespace {

Result<Secret> read_token(std::istream& in, const std::string& file) {
    if (file != "-") {
        auto text = read_file(file, certs::join_token_bytes_max);
        if (!text) return text.error();
        return Secret(std::move(*text));
    }
    return Secret(std::string(std::istreambuf_iterator<char>(in), {}));
}

net::Task<void> run(net::Loop& loop, net::BlockingPool& pool, const certs::JoinToken& token,
                    const EnrolmentWay& way, const std::filesystem::path& folder,
                    std::optional<Result<Enrolled>>& out) {
    out.emplace(co_await enrol(loop, pool, token, way, folder));
}

/// The [[hub]] of agent.toml that the token is for.
const HubConfig& hub_for(const Config& config, const certs::JoinToken& token) {
    for (const auto& hub : config.hubs)
        if (hub.url == token.hub_url) return hub;
    return config.hubs.front();
}

Result<CommandOutput> enroll(CommandContext& context, const std::string& token_file) {
    const auto config = Config::load(context.config);
    if (!config) return config.error();
    const auto text = read_token(context.in, token_file);
    if (!text) return text.error();
    const auto token = certs::JoinToken::parse(text->reveal());
    if (!token) return token.error();
    if (auto may = check_service_user(config->state_dir); !may) return may.error();
    if (auto made = make_folder(config->state_dir, 0700); !made) return made.error();

    const auto& hub = hub_for(*config, *token);
    const EnrolmentWay way{hub.url, hub.proxy, hub.proxy_credentials_file, config->enrolment};
    const auto folder = config->identity_folder();
    std::optional<Result<Enrolled>> enrolled;
    net::Loop loop;
    {
        net::BlockingPool pool(1);
        net::TaskGroup tasks(loop);
        tasks.spawn("enroll", run(loop, pool, *token, way, folder, enrolled));
        loop.io.run();
    }
    if (!enrolled) return Error{Errc::failed, "the enrolment did not end"};
    if (!*enrolled) return enrolled->error();
    const auto& certificate = (*enrolled)->certificate;
    CommandOutput output;
    output.text = "enrolled as " + (*enrolled)->name + "\ncertificate " + certificate.serial() +
                  "; start the agent with `sallyport run`\n";
    output.json = boost::json::object{
        {"name", (*enrolled)->name}, {"serial", certificate.serial()}, {"hub", token->hub_url}};
    return output;
}

}  // namespace

void add_enroll_command(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand("enroll", "get this agent's certificate with a join token");
    const auto file = std::make_shared<std::string>();
    command->add_option("--token-file", *file, "file with the join token, or - for standard input")
        ->required();
    on_run(*command, context, [&context, file] { return enroll(context, *file); });
}

}  // namespace sallyport::agent
