#include "agent/command_certs.hpp"

#include "agent/certificate_change.hpp"
#include "agent/certificate_list.hpp"
#include "agent/principal_keys.hpp"
#include "agent/service_user.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "certs/key_import.hpp"
#include "certs/principal_authority.hpp"
#include "daemon/admin_client.hpp"

#include <CLI/CLI.hpp>
#include <memory>

namespace sallyport::agent {

namespace json = boost::json;

namespace {

constexpr mode_t readable_mode = 0644;

certs::Time now() { return std::chrono::system_clock::now(); }

}  // namespace

Result<MeantCertificate> meant_certificate(const CommandContext& context, const std::string& kind) {
    const auto meant = certificate_kind(kind);
    if (!meant) return meant.error();
    auto config = Config::load(context.config);
    if (!config) return config.error();
    return MeantCertificate{.config = std::move(*config), .kind = *meant};
}

Result<certs::PrincipalAuthority> own_authority(const Config& config) {
    const auto file = PrincipalKeys::authority_file(config);
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored))
        if (auto may = check_service_user(config.state_dir); !may) return may.error();
    return certs::PrincipalAuthority::open(file, now());
}

json::object certificate_facts(const certs::Certificate& certificate) {
    return {{"subject", certificate.subject()},
            {"issuer", certificate.issuer()},
            {"serial", certificate.serial()},
            {"not_before", seconds_of(certificate.not_before())},
            {"not_after", seconds_of(certificate.not_after())},
            {"sha256", to_hex(certificate.fingerprint())},
            {"certificate", certificate.to_pem()}};
}

Result<CommandOutput> give_certificate(const certs::Certificate& certificate,
                                       const std::string& out, std::string words,
                                       json::object facts) {
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

CommandOutput certificate_in_place(CertificateKind kind, const certs::KeyAndChain& content,
                                   bool runs) {
    const auto& own = content.chain.front();
    auto facts = certificate_facts(own);
    facts["kind"] = to_text(kind);
    facts["in_use"] = runs;
    return {.json = std::move(facts),
            .text = "subject " + own.subject() + "\nserial  " + own.serial() +
                    (runs ? "\nin use now\n" : "\nin place; no agent runs with it yet\n")};
}

namespace {

/// The running daemon knows what is in use; without one, the state directory has to do.
Result<CommandOutput> list_certificates(const CommandContext& context) {
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

/// A system certificate that nobody imported: issued by the agent itself, a new one each day.
Result<CommandOutput> show_issued_system(const Config& config) {
    const auto authority = own_authority(config);
    if (!authority) return authority.error();
    const auto issued = authority->issue_system(agent_name_of(config), now());
    if (!issued) return issued.error();
    const auto& own = issued->chain.front();
    CommandOutput output;
    output.text = "none was imported, so the agent issues itself one every day:\nsubject " +
                  own.subject() + "\nissuer  " + own.issuer() + "\n";
    output.json =
        json::object{{"imported", false}, {"subject", own.subject()}, {"issuer", own.issuer()}};
    return output;
}

Result<CommandOutput> show(const CommandContext& context, const std::string& kind,
                           const std::string& out) {
    const auto subject = meant_certificate(context, kind);
    if (!subject) return subject.error();
    const auto& config = subject->config;
    if (subject->kind == CertificateKind::principal_ca) {
        const auto authority = own_authority(config);
        if (!authority) return authority.error();
        const auto& own = authority->certificate();
        return give_certificate(own, out, out.empty() ? std::string() : own.subject() + "\n",
                                certificate_facts(own));
    }
    const auto kept = certificates_on_disk(config);
    if (!kept) return kept.error();
    for (const auto& one : *kept) {
        if (one.kind != subject->kind) continue;
        const auto& own = one.certificate;
        return give_certificate(own, out,
                                "subject " + own.subject() + "\nissuer  " + own.issuer() + "\n",
                                certificate_facts(own));
    }
    if (subject->kind == CertificateKind::system) return show_issued_system(config);
    return Error{Errc::not_found, "this agent is not enrolled yet: `sallyport enroll`"};
}

struct CsrOptions {
    std::string kind, key_type = "p256", out;
    CertificateOrder order{};
};

Result<CommandOutput> order(const CommandContext& context, CsrOptions options) {
    const auto key = certs::key_kind(options.key_type);
    if (!key)
        return Error{Errc::malformed,
                     "--key-type is one of p256, p384, rsa2048, rsa3072, rsa4096 and ed25519"};
    options.order.key = *key;
    const auto subject = meant_certificate(context, options.kind);
    if (!subject) return subject.error();
    const auto request = order_certificate(subject->config, subject->kind, options.order);
    if (!request) return request.error();
    CommandOutput output;
    json::object facts{{"kind", to_text(subject->kind)}, {"request", *request}};
    output.text = *request;
    if (!options.out.empty()) {
        if (auto written = replace_file(options.out, *request, readable_mode); !written)
            return written.error();
        facts["file"] = options.out;
        output.text = "written to " + options.out + "\n";
    }
    output.json = std::move(facts);
    return output;
}

struct ImportOptions {
    std::string kind, file, password_file;
};

Result<CommandOutput> import(const CommandContext& context, const ImportOptions& options) {
    const auto subject = meant_certificate(context, options.kind);
    if (!subject) return subject.error();
    Secret password;
    if (!options.password_file.empty()) {
        auto text = read_file(options.password_file, certs::import_bytes_max);
        if (!text) return text.error();
        while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
        password = Secret(std::move(*text));
    }
    const auto content =
        read_certificate(subject->config, subject->kind, options.file, password, now());
    if (!content) return content.error();
    const auto runs = put_in_place(subject->config, subject->kind, *content);
    if (!runs) return runs.error();
    return certificate_in_place(subject->kind, *content, *runs);
}

void add_change_commands(CLI::App& certs, CommandContext& context) {
    const auto csr = std::make_shared<CsrOptions>();
    auto* csr_command = certs.add_subcommand(
        "csr", "a new key, which stays here, and a request for its certificate (PKCS#10)");
    csr_command->add_option("kind", csr->kind, "system or principal-ca")->required();
    csr_command->add_option("--key-type", csr->key_type,
                            "p256, p384, rsa2048, rsa3072, rsa4096 or ed25519");
    csr_command->add_option("--subject", csr->order.subject, "as in \"CN=berlin-1,O=Corp\"");
    csr_command->add_option("--out", csr->out, "write it there instead of printing it");
    csr_command->add_flag("--replace", csr->order.replace, "forget the request before");
    on_run(*csr_command, context, [&context, csr] { return order(context, *csr); });

    const auto files = std::make_shared<ImportOptions>();
    auto* import_command = certs.add_subcommand(
        "import", "check a certificate and use it at once: PEM with or without key, or PKCS#12");
    import_command->add_option("kind", files->kind, "system or principal-ca")->required();
    import_command->add_option("file", files->file, "own certificate and its issuers")->required();
    import_command->add_option("--password-file", files->password_file,
                               "password of the key or of the PKCS#12 file");
    on_run(*import_command, context, [&context, files] { return import(context, *files); });
}

}  // namespace

void add_certs_commands(CLI::App& app, CommandContext& context) {
    auto* certs = app.add_subcommand("certs", "certificates and keys of the agent");
    certs->require_subcommand(1);
    auto* list_command = certs->add_subcommand(
        "list", "all certificates of the agent: which are in use, and when they end");
    on_run(*list_command, context, [&context] { return list_certificates(context); });

    struct Shown {
        std::string kind, out;
    };
    const auto shown = std::make_shared<Shown>();
    auto* show_command = certs->add_subcommand(
        "show", "one of them, for whoever must know it; makes the principal CA if there is none");
    show_command->add_option("kind", shown->kind, "tunnel, system or principal-ca")->required();
    show_command->add_option("--out", shown->out, "write it there instead of printing it");
    on_run(*show_command, context,
           [&context, shown] { return show(context, shown->kind, shown->out); });
    add_change_commands(*certs, context);
    add_rotate_command(*certs, context);
    add_sample_command(*certs, context);
}

}  // namespace sallyport::agent
