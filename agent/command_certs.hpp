#pragma once

#include "agent/certificate_list.hpp"
#include "agent/command_context.hpp"
#include "agent/config.hpp"
#include "certs/certificate.hpp"
#include "certs/key_file.hpp"
#include "certs/principal_authority.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace sallyport::agent {

/// The principal CA; makes it if there is none.
Result<certs::PrincipalAuthority> own_authority(const Config& config);

/// What a program wants to know of a certificate, with the certificate itself.
boost::json::object certificate_facts(const certs::Certificate& certificate);

/// `words`, and the certificate (PEM) after them or, if `out` is not empty, in that file.
Result<CommandOutput> give_certificate(const certs::Certificate& certificate,
                                       const std::string& out, std::string words,
                                       boost::json::object facts);

/// Which certificate a command is about, and of which agent.
struct MeantCertificate {
    Config config;
    CertificateKind kind;
};
Result<MeantCertificate> meant_certificate(const CommandContext& context, const std::string& kind);

/// What an administrator wants to hear of a certificate that is in place now; `runs`: an agent
/// uses it.
CommandOutput certificate_in_place(CertificateKind kind, const certs::KeyAndChain& content,
                                   bool runs);

/// `certs rotate`
void add_rotate_command(CLI::App& certs, CommandContext& context);
/// `certs sample`
void add_sample_command(CLI::App& certs, CommandContext& context);

}  // namespace sallyport::agent
