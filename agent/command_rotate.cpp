#include "agent/certificate_change.hpp"
#include "agent/command_certs.hpp"
#include "agent/principal_keys.hpp"
#include "base/error.hpp"
#include "certs/key_file.hpp"
#include "daemon/admin_act.hpp"
#include "daemon/admin_client.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <thread>

namespace sallyport::agent {
namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds renewal_poll{200};
constexpr std::chrono::seconds renewal_patience{60};

/// Asks the agent for a renewal and waits for what becomes of it.
Result<CommandOutput> renew_tunnel(const Config& config) {
    const auto look = [&]() -> Result<json::object> {
        auto status = daemon::ask_daemon(config.admin_socket, "GET", "/v1/status");
        if (!status) return status.error();
        return status->at("identity").as_object();
    };
    const auto count = [](const json::object& identity, std::string_view what) {
        return identity.at("renewal").as_object().at(what).to_number<std::uint64_t>();
    };
    const auto before = look();
    if (!before) return before.error();
    const auto asked = daemon::ask_daemon(config.admin_socket, "POST", "/v1/renew-certificate");
    if (!asked) return asked.error();
    const auto end = std::chrono::steady_clock::now() + renewal_patience;
    while (std::chrono::steady_clock::now() < end) {
        const auto identity = look();
        if (!identity) return identity.error();
        if (count(*identity, "renewals") > count(*before, "renewals")) {
            const std::string serial(identity->at("serial").as_string());
            return CommandOutput{
                .json = json::object{{"kind", "tunnel"}, {"serial", serial}, {"in_use", true}},
                .text = "renewed\nserial  " + serial + "\n" + daemon::describe_record(*asked)};
        }
        if (count(*identity, "failed_renewals") > count(*before, "failed_renewals"))
            return Error{
                Errc::failed,
                std::string(identity->at("renewal").as_object().at("last_error").as_string())};
        std::this_thread::sleep_for(renewal_poll);
    }
    return Error{Errc::timed_out,
                 "the renewal is under way for a minute: `sallyport status` says how it goes"};
}

Result<CommandOutput> renew_system(const Config& config) {
    const auto imported = certs::read_key_file(PrincipalKeys::system_file(config));
    if (imported)
        return Error{Errc::unsupported,
                     "the system certificate was signed by " + imported->chain.front().issuer() +
                         ", who has to sign the next one: `sallyport certs csr system`, then "
                         "`sallyport certs import system FILE`"};
    if (imported.error().code != Errc::not_found) return imported.error();
    const auto asked =
        daemon::ask_daemon(config.admin_socket, "POST", "/v1/renew-system-certificate");
    if (!asked) return asked.error();
    return CommandOutput{
        .json = json::object{{"kind", "system"}, {"done", true}},
        .text = "the next connection shows a new one\n" + daemon::describe_record(*asked)};
}

Result<CommandOutput> rotate(const CommandContext& context, const std::string& kind,
                             NextAuthority what, const std::string& out) {
    const auto subject = meant_certificate(context, kind);
    if (!subject) return subject.error();
    const auto& config = subject->config;
    if (subject->kind != CertificateKind::principal_ca &&
        (what == NextAuthority::prepare || !out.empty()))
        return Error{Errc::malformed, "--prepare and --out belong to principal-ca"};
    if (subject->kind == CertificateKind::tunnel) return renew_tunnel(config);
    if (subject->kind == CertificateKind::system) return renew_system(config);
    const auto next = next_authority(config, what, std::chrono::system_clock::now());
    if (!next) return next.error();
    const auto& own = next->chain.front();
    if (what == NextAuthority::prepare)
        return give_certificate(own, out, out.empty() ? std::string() : own.subject() + "\n",
                                certificate_facts(own));
    const auto runs = put_in_place(config, subject->kind, *next);
    if (!runs) return runs.error();
    return certificate_in_place(subject->kind, *next, *runs);
}

}  // namespace

void add_rotate_command(CLI::App& certs, CommandContext& context) {
    struct Rotation {
        std::string kind, out;
        bool prepare = false;
    };
    const auto rotation = std::make_shared<Rotation>();
    auto* rotate_command = certs.add_subcommand("rotate", "a new key and certificate, now");
    rotate_command->add_option("kind", rotation->kind, "tunnel, system or principal-ca")
        ->required();
    rotate_command->add_flag("--prepare", rotation->prepare,
                             "principal-ca: only make it, so that back ends can import it first");
    rotate_command->add_option("--out", rotation->out, "with --prepare: where to write it");
    on_run(*rotate_command, context, [&context, rotation] {
        const auto what = rotation->prepare ? NextAuthority::prepare : NextAuthority::use;
        return rotate(context, rotation->kind, what, rotation->out);
    });
}

}  // namespace sallyport::agent
