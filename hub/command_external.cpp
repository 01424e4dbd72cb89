// `ca external | trust-external | distrust-external`: authorities of tenants' own.
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "hub/authorities.hpp"
#include "hub/command_context.hpp"
#include "hub/commands.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <CLI/App.hpp>
#include <algorithm>
#include <memory>

namespace sallyport::hub {
namespace {

constexpr std::size_t file_bytes_max = std::size_t{64} * 1024;

struct ExternalOptions {
    std::string file;
    std::string fingerprint;
    std::string tenant;
};

/// The one certificate of the file, if it may vouch for agents.
Result<certs::Certificate> read_authority(const std::string& file, certs::Time now) {
    const auto pem = read_file(file, file_bytes_max);
    if (!pem) return pem.error();
    const auto chain = certs::read_chain_pem(*pem);
    if (!chain) return Error{chain.error().code, file + ": " + chain.error().detail};
    if (chain->size() != 1)
        return Error{Errc::conflict,
                     file + " has several certificates: give the one of the authority alone"};
    const auto& certificate = chain->front();
    if (!certificate.is_authority())
        return Error{Errc::conflict, file + ": " + certificate.subject() +
                                         " is no authority (basicConstraints CA is not set)"};
    if (certificate.not_after() <= now)
        return Error{Errc::conflict, file + ": " + certificate.subject() + " has expired"};
    return certificate;
}

/// The hub's own authority decides by names; as an external one it would be two things at once.
Result<void> check_foreign(const CommandContext& context, Store& store,
                           const certs::Certificate& certificate) {
    const auto facts = context.facts();
    if (!facts) return facts.error();
    const auto entries = store.authorities();
    if (!entries) return entries.error();
    const auto own = load_authorities(facts->state_folder, *entries);
    if (!own) return own.error();
    for (const auto& authority : own->certificates())
        if (authority.public_key_hash() == certificate.public_key_hash())
            return Error{Errc::conflict, "this is the hub's own authority: it needs no permission"};
    return {};
}

Result<CommandOutput> trust(const CommandContext& context, const ExternalOptions& options) {
    const auto certificate = read_authority(options.file, context.now());
    if (!certificate) return certificate.error();
    auto store = open_store(context);
    if (!store) return store.error();
    const auto tenant = store->tenant_by_name(options.tenant);
    if (!tenant) return tenant.error();
    if (const auto foreign = check_foreign(context, *store, *certificate); !foreign)
        return foreign.error();
    const auto fingerprint = to_hex(certificate->fingerprint());
    const auto done = store->trust_external({.tenant_id = tenant->id,
                                             .fingerprint = fingerprint,
                                             .certificate_pem = certificate->to_pem(),
                                             .added_at = context.time()});
    if (!done) return done.error();
    log::info("authority.trusted", {{"tenant", tenant->name}, {"fingerprint", fingerprint}});
    return CommandOutput{.json = boost::json::object{{"tenant", tenant->name},
                                                     {"fingerprint", fingerprint},
                                                     {"subject", certificate->subject()}},
                         .text = "Certificates of " + certificate->subject() + " (SHA-256 " +
                                 fingerprint + ") may be bound to agents of the tenant " +
                                 tenant->name + ".\n"};
}

Result<CommandOutput> distrust(const CommandContext& context, const ExternalOptions& options) {
    auto store = open_store(context);
    if (!store) return store.error();
    const auto tenant = store->tenant_by_name(options.tenant);
    if (!tenant) return tenant.error();
    const auto fingerprint = to_lower(options.fingerprint);
    if (const auto done = store->distrust_external(tenant->id, fingerprint); !done)
        return done.error();
    log::info("authority.distrusted", {{"tenant", tenant->name}, {"fingerprint", fingerprint}});
    return CommandOutput{
        .json = boost::json::object{{"tenant", tenant->name}, {"fingerprint", fingerprint}},
        .text =
            "Links with certificates of this authority end now. Their agents return with a new "
            "join token (agent reissue).\n"};
}

Result<CommandOutput> list_authorities(const CommandContext& context) {
    auto store = open_store(context);
    if (!store) return store.error();
    const auto tenants = store->tenants();
    if (!tenants) return tenants.error();
    const auto all = store->external_authorities();
    if (!all) return all.error();
    boost::json::array out;
    std::vector<std::vector<std::string>> rows{{"TENANT", "SUBJECT", "UNTIL", "SHA-256"}};
    for (const auto& one : *all) {
        const auto tenant = std::ranges::find(*tenants, one.tenant_id, &Tenant::id);
        const auto certificate = certs::Certificate::from_pem(one.certificate_pem);
        if (tenant == tenants->end() || !certificate) continue;
        const auto until =
            to_text(std::chrono::floor<std::chrono::seconds>(certificate->not_after()));
        out.push_back(boost::json::object{{"tenant", tenant->name},
                                          {"subject", certificate->subject()},
                                          {"not_after", until},
                                          {"fingerprint", one.fingerprint}});
        rows.push_back({tenant->name, certificate->subject(), until, one.fingerprint});
    }
    return CommandOutput{.json = std::move(out), .text = table(rows)};
}

}  // namespace

void add_external_commands(CLI::App& group, CommandContext& context) {
    const auto options = std::make_shared<ExternalOptions>();
    on_run(*group.add_subcommand("external", "List the external authorities of the tenants"),
           context, [&context] { return list_authorities(context); });
    auto& trusting = *group.add_subcommand(
        "trust-external", "Let an authority outside the hub vouch for the agents of a tenant");
    trusting.add_option("file", options->file, "PEM file with its certificate")->required();
    trusting.add_option("--tenant", options->tenant, "The tenant")->required();
    on_run(trusting, context, [&context, options] { return trust(context, *options); });
    auto& ending =
        *group.add_subcommand("distrust-external", "End that, and the links that rest on it");
    ending.add_option("fingerprint", options->fingerprint, "SHA-256 of its certificate")
        ->required();
    ending.add_option("--tenant", options->tenant, "The tenant")->required();
    on_run(ending, context, [&context, options] { return distrust(context, *options); });
}

}  // namespace sallyport::hub
