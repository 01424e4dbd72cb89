#include "daemon/audit_checks.hpp"

#include "base/file.hpp"
#include "daemon/server_check.hpp"
#include "daemon/witness_client.hpp"
#include "forward/syslog_target.hpp"

namespace sallyport::daemon {
namespace {

using ServerTrust = Result<std::shared_ptr<const net::TlsContext>>;

/// For words only, so what cannot be read is nothing.
std::vector<certs::Certificate> anchors_in(const std::filesystem::path& file) {
    const auto text = read_file(file);
    auto anchors =
        text ? certs::read_chain_pem(*text) : Result<std::vector<certs::Certificate>>(text.error());
    return anchors ? std::move(*anchors) : std::vector<certs::Certificate>();
}

void add(DialledServer server, ServerTrust trust, std::vector<Check>& checks) {
    if (!trust) {
        checks.push_back(known(
            {{server.id + ".files", server.title,
              Judgement::failed(trust.error().detail, "Correct " + server.trust_place + ".")}}));
        return;
    }
    server.trust = std::move(*trust);
    checks.push_back(server_check(std::move(server)));
}

void add_syslog(const forward::Settings& target, std::vector<Check>& checks) {
    DialledServer server{.id = "forward." + target.name,
                         .title = "forwarding to " + target.name,
                         .where = "url of [[audit.forward]] " + target.name,
                         .address = {target.host, target.port},
                         .anchors = anchors_in(target.ca_file),
                         .trust_place = "its ca_file (" + target.ca_file.string() + ")"};
    add(std::move(server), forward::syslog_trust(target), checks);
}

void add_witness(const WitnessSettings& witness, std::vector<Check>& checks) {
    DialledServer server{.id = "witness." + witness.name,
                         .title = "witness " + witness.name,
                         .where = "url of [[audit.witness]] " + witness.name,
                         .address = {witness.url.host, witness.url.port},
                         .proxy = witness.proxy,
                         .anchors = anchors_in(witness.ca_file),
                         .trust_place = "its ca_file (" + witness.ca_file.string() + ")"};
    add(std::move(server), witness_trust(witness), checks);
}

}  // namespace

void add_audit_checks(const AuditConfig& config, std::vector<Check>& checks) {
    for (const auto& target : config.forwarders)
        if (target.kind == forward::Kind::syslog) add_syslog(target, checks);
    for (const auto& witness : config.witnesses) add_witness(witness, checks);
}

}  // namespace sallyport::daemon
