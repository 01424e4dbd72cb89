#include "agent/certificate_list.hpp"
#include "agent/claims_file.hpp"
#include "agent/command_context.hpp"
#include "agent/principal_keys.hpp"
#include "agent/site.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "daemon/admin_client.hpp"

#include <boost/json/object.hpp>

#include <CLI/CLI.hpp>
#include <memory>

namespace sallyport::agent {
namespace {

namespace json = boost::json;

constexpr mode_t readable_mode = 0644;

std::int64_t seconds_of(certs::Time time) {
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

json::object facts_of(const certs::Certificate& certificate) {
    return {{"subject", certificate.subject()},
            {"issuer", certificate.issuer()},
            {"serial", certificate.serial()},
            {"not_before", seconds_of(certificate.not_before())},
            {"not_after", seconds_of(certificate.not_after())},
            {"sha256", to_hex(certificate.fingerprint())},
            {"certificate", certificate.to_pem()}};
}

/// PEM to `out` or, if it is empty, to standard output.
Result<CommandOutput> give(const certs::Certificate& certificate, const std::string& out,
                           std::string words, json::object facts) {
    CommandOutput output;
    if (!out.empty()) {
        if (auto written = replace_file(out, certificate.to_pem(), readable_mode); !written)
            return written.error();
        words += "written to " + out + "\n";
        facts["file"] = out;
    }
    output.text = std::move(words) + (out.empty() ? certificate.to_pem() : std::string());
    output.json = std::move(facts);
    return output;
}

/// Puts a key with its certificates, from one PEM file, where the agent looks for it.
Result<certs::KeyAndChain> import(const std::filesystem::path& from,
                                  const std::filesystem::path& to, bool authority) {
    auto read = certs::read_key_file(from);
    if (!read) return read.error();
    const auto now = std::chrono::system_clock::now();
    if (authority) {
        if (auto good = certs::PrincipalAuthority::of(*read, now); !good) return good.error();
    } else if (!read->chain.front().has_extended_usage(certs::ExtendedUsage::client_auth)) {
        return Error{Errc::malformed, read->chain.front().subject() +
                                          " is not for clients (extended key usage clientAuth)"};
    }
    if (auto written = certs::replace_key_file(to, *read); !written) return written.error();
    return read;
}

constexpr std::string_view reload_hint =
    "imported; `sallyport reload` lets a running agent use it\n";

Result<CommandOutput> principal_authority(const CommandContext& context, const std::string& from,
                                          const std::string& out) {
    const auto config = Config::load(context.config);
    if (!config) return config.error();
    const auto file = PrincipalKeys::authority_file(*config);
    std::string words;
    if (!from.empty()) {
        if (auto imported = import(from, file, true); !imported) return imported.error();
        words = reload_hint;
    }
    const auto authority = certs::PrincipalAuthority::open(file, std::chrono::system_clock::now());
    if (!authority) return authority.error();
    const auto& certificate = authority->certificate();
    if (!out.empty() || !from.empty()) words += certificate.subject() + "\n";
    return give(certificate, out, std::move(words), facts_of(certificate));
}

Result<CommandOutput> system_certificate(const CommandContext& context, const std::string& from) {
    const auto config = Config::load(context.config);
    if (!config) return config.error();
    const auto file = PrincipalKeys::system_file(*config);
    CommandOutput output;
    if (!from.empty()) {
        if (auto imported = import(from, file, false); !imported) return imported.error();
        output.text = reload_hint;
    }
    const auto kept = certs::read_key_file(file);
    if (kept) {
        const auto& own = kept->chain.front();
        output.text +=
            "subject " + own.subject() + "\nissuer  " + own.issuer() + "\n" + own.to_pem();
        output.json = facts_of(own);
        return output;
    }
    if (kept.error().code != Errc::not_found) return kept.error();
    const auto authority = certs::PrincipalAuthority::open(PrincipalKeys::authority_file(*config),
                                                           std::chrono::system_clock::now());
    if (!authority) return authority.error();
    const auto agent = agent_name_of(*config);
    const auto issued = authority->issue_system(agent, std::chrono::system_clock::now());
    if (!issued) return issued.error();
    const auto& own = issued->chain.front();
    output.text = "none was imported, so the agent issues itself one every day:\nsubject " +
                  own.subject() + "\nissuer  " + own.issuer() + "\n";
    output.json =
        json::object{{"imported", false}, {"subject", own.subject()}, {"issuer", own.issuer()}};
    return output;
}

Result<CommandOutput> sample(const CommandContext& context, const std::string& claims,
                             const std::string& out) {
    const auto site = Site::load(context.config);
    if (!site) return site.error();
    const auto principal = read_claims(claims, context.in);
    if (!principal) return principal.error();
    const auto match = (*site)->subjects.apply((*principal)->type, (*principal)->claims);
    if (!match) return match.error();
    const auto& config = (*site)->config;
    const auto now = std::chrono::system_clock::now();
    const auto authority =
        certs::PrincipalAuthority::open(PrincipalKeys::authority_file(config), now);
    if (!authority) return authority.error();
    const auto issued = authority->issue(match->subject, config.principal_validity, now);
    if (!issued) return issued.error();
    auto facts = facts_of(issued->chain.front());
    facts["rule"] = match->rule;
    facts["user_type"] = certs::to_text((*principal)->type);
    const auto rule = match->rule == 0
                          ? std::string("the default rule")
                          : "rule " + std::to_string(match->rule) + " of [principal] subject";
    return give(issued->chain.front(), out,
                std::string(certs::to_text((*principal)->type)) + " user, " + rule + "\nsubject " +
                    match->subject.text() + "\n",
                std::move(facts));
}

/// The running daemon knows what is in use; without one, the state directory has to do.
Result<CommandOutput> list(const CommandContext& context) {
    const auto config = Config::load(context.config);
    if (!config) return config.error();
    auto facts = daemon::ask_daemon(config->admin_socket, "GET", "/v1/certificates");
    if (!facts && facts.error().code != Errc::unavailable) return facts.error();
    if (!facts) {
        const auto kept = certificates_on_disk(*config);
        if (!kept) return kept.error();
        facts = list_json(*kept, "disk", *config, std::chrono::system_clock::now());
    }
    auto text = list_text(*facts);
    return CommandOutput{.json = std::move(*facts), .text = std::move(text)};
}

}  // namespace

void add_certs_commands(CLI::App& app, CommandContext& context) {
    struct Files {
        std::string from, out, claims;
    };
    const auto files = std::make_shared<Files>();
    auto* certs = app.add_subcommand("certs", "certificates and keys of the agent");
    certs->require_subcommand(1);

    auto* list_command = certs->add_subcommand(
        "list", "all certificates of the agent: which are in use, and when they end");
    on_run(*list_command, context, [&context] { return list(context); });

    auto* authority = certs->add_subcommand(
        "principal-ca", "the certificate that back ends import to believe who asks");
    authority->add_option("--import", files->from,
                          "use the company's own: PEM file with key and certificates");
    authority->add_option("--out", files->out, "write it there instead of printing it");
    on_run(*authority, context,
           [&context, files] { return principal_authority(context, files->from, files->out); });

    auto* system = certs->add_subcommand(
        "system", "the agent's own certificate towards back ends: its subject and issuer");
    system->add_option("--import", files->from, "PEM file with key and certificates");
    on_run(*system, context,
           [&context, files] { return system_certificate(context, files->from); });

    auto* sample_command = certs->add_subcommand(
        "sample", "a certificate as a user with these claims would get it, to test a back end");
    sample_command->add_option("--claims", files->claims, "JSON file, - for standard input")
        ->required();
    sample_command->add_option("--out", files->out, "write it there instead of printing it");
    on_run(*sample_command, context,
           [&context, files] { return sample(context, files->claims, files->out); });
}

}  // namespace sallyport::agent
