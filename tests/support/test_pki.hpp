#pragma once

#include "certs/authority.hpp"
#include "certs/certificate.hpp"
#include "certs/certificate_content.hpp"
#include "certs/key.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::test {

/// A key with the certificate for it.
struct Held {
    certs::Key key;
    certs::Certificate certificate;

    std::string key_pem() const;
    std::string certificate_pem() const { return certificate.to_pem(); }
};

/// A throw-away hub authority in memory. Two of them do not trust each other: the second is the
/// "wrong CA" of a test. Any failure inside throws, which fails the test.
class TestPki {
public:
    /// Certificates are valid around `now`.
    explicit TestPki(std::string_view name = "test hub CA",
                     certs::Time now = std::chrono::system_clock::now());

    const certs::Authority& authority() const { return authority_; }
    const certs::Certificate& ca() const { return authority_.certificate(); }
    std::string ca_pem() const { return ca().to_pem(); }
    std::vector<certs::Certificate> anchors() const { return {ca()}; }
    certs::Time now() const { return now_; }

    /// serverAuth for the names; always for 127.0.0.1 too.
    Held hub(const std::vector<std::string>& dns_names = {"localhost", "hub.test"}) const;
    Held expired_hub(const std::vector<std::string>& dns_names = {"localhost", "hub.test"}) const;

    /// clientAuth, spiffe://hub.test/tenant/<tenant>/agent/<agent>.
    Held agent(std::string_view agent = "berlin-1", std::string_view tenant = "acme") const;
    Held expired_agent() const;
    Held future_agent() const;
    /// As agent(), without any extended key usage.
    Held agent_without_usage() const;
    /// As agent(), with serverAuth instead of clientAuth.
    Held agent_with_server_usage() const;
    /// As agent(), with these URIs instead.
    Held agent_with_uris(const std::vector<std::string>& uris) const;

    /// What an agent certificate says; a test changes what it wants to be wrong and calls issue().
    certs::CertificateContent agent_content() const;
    certs::CertificateContent hub_content(const std::vector<std::string>& dns_names) const;
    Held issue(const certs::CertificateContent& content) const;
    Held issue_with(const certs::Key& key, const certs::CertificateContent& content) const;

private:
    certs::Time now_;
    certs::Authority authority_;
};

}  // namespace sallyport::test
