#include "agent/claims_file.hpp"
#include "agent/command_certs.hpp"
#include "agent/site.hpp"
#include "base/error.hpp"

#include <CLI/CLI.hpp>
#include <memory>

namespace sallyport::agent {
namespace {

Result<CommandOutput> sample(const CommandContext& context, const std::string& claims,
                             const std::string& out) {
    const auto site = Site::load(context.config);
    if (!site) return site.error();
    const auto read = read_claims(claims, context.in);
    if (!read) return read.error();
    const auto& principal = read->principal;
    const auto match = (*site)->subjects.apply(principal->type, principal->claims);
    if (!match) return match.error();
    const auto& config = (*site)->config;
    const auto now = std::chrono::system_clock::now();
    const auto authority = own_authority(config);
    if (!authority) return authority.error();
    const auto issued = authority->issue(match->subject, config.principal_validity, now);
    if (!issued) return issued.error();
    auto facts = certificate_facts(issued->chain.front());
    facts["rule"] = match->rule;
    facts["user_type"] = certs::to_text(principal->type);
    const auto rule = match->rule == 0
                          ? std::string("the default rule")
                          : "rule " + std::to_string(match->rule) + " of [principal] subject";
    return give_certificate(issued->chain.front(), out,
                            std::string(certs::to_text(principal->type)) + " user, " + rule +
                                "\nsubject " + match->subject.text() + "\n",
                            std::move(facts));
}

}  // namespace

void add_sample_command(CLI::App& certs, CommandContext& context) {
    struct Files {
        std::string out, claims;
    };
    const auto files = std::make_shared<Files>();
    auto* sample_command = certs.add_subcommand(
        "sample", "a certificate as a user with these claims would get it, to test a back end");
    sample_command->add_option("--claims", files->claims, "JSON file, - for standard input")
        ->required();
    sample_command->add_option("--out", files->out, "write it there instead of printing it");
    on_run(*sample_command, context,
           [&context, files] { return sample(context, files->claims, files->out); });
}

}  // namespace sallyport::agent
