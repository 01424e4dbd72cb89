#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace sallyport::certs {

class Certificate;

/// Which agent a certificate speaks for, written as `spiffe://<hub>/tenant/<tenant>/agent/<agent>`.
/// Every one is valid: hub is a lower-case DNS name (<= 253), tenant and agent are 1..64 characters
/// of A-Z a-z 0-9 . _ - (not "." or ".."), so none of them can forge a separator anywhere.
class AgentName {
public:
    static Result<AgentName> make(std::string_view hub, std::string_view tenant,
                                  std::string_view agent);
    /// Exactly the form above, nothing before or after it.
    static Result<AgentName> parse(std::string_view uri);
    /// From the only URI among the subject alternative names; none or several are an error.
    /// Says nothing about who signed: see check_chain.
    static Result<AgentName> of(const Certificate& certificate);

    const std::string& hub() const { return hub_; }
    const std::string& tenant() const { return tenant_; }
    const std::string& agent() const { return agent_; }
    std::string text() const;

    friend auto operator<=>(const AgentName&, const AgentName&) = default;

private:
    AgentName(std::string_view hub, std::string_view tenant, std::string_view agent)
        : hub_(hub), tenant_(tenant), agent_(agent) {}

    std::string hub_;
    std::string tenant_;
    std::string agent_;
};

/// What may be a tenant or agent name.
bool is_safe_name(std::string_view name);

}  // namespace sallyport::certs
