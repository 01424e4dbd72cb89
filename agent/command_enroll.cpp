#include "agent/command_context.hpp"
#include "agent/config.hpp"
#include "agent/enrolment.hpp"
#include "agent/service_user.hpp"
#include "base/file.hpp"
#include "certs/join_token.hpp"

#include <boost/json/object.hpp>

#include <CLI/CLI.hpp>
#include <memory>

namespace sallyport::agent {
namespace {

Result<CommandOutput> enroll(CommandContext& context, const std::string& token_file) {
    const auto config = Config::load(context.config);
    if (!config) return config.error();
    const auto token = read_join_token(context.in, token_file);
    if (!token) return token.error();
    if (auto may = check_service_user(config->state_dir); !may) return may.error();
    if (auto made = make_folder(config->state_dir, 0700); !made) return made.error();

    const auto enrolled = enrol_now(*token, way_of(*config, *token), config->identity_folder());
    if (!enrolled) return enrolled.error();
    const auto& certificate = enrolled->certificate;
    CommandOutput output;
    output.text = "enrolled as " + enrolled->name + "\ncertificate " + certificate.serial() +
                  "; start the agent with `sallyport run`\n";
    output.json = boost::json::object{
        {"name", enrolled->name}, {"serial", certificate.serial()}, {"hub", token->hub_url}};
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
