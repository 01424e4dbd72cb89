#pragma once

#include "base/result.hpp"
#include "ldap/message.hpp"
#include "ldap/operation.hpp"
#include "ldap/refusal.hpp"

#include <bitset>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::ldap {

/// What a mapping lets through. By default everything, and nothing is refused.
class Policy {
public:
    Policy() = default;
    /// What `operations` of a mapping says: names of operations, "extended" or "extended:1.2.3" for
    /// one extended request. Ending a connection (unbind) is always allowed.
    /// Errors: Errc::malformed with what to write instead; an empty list is one.
    static Result<Policy> of(std::span<const std::string> operations);

    /// Whether anything can be refused. If not, what cannot be read passes as well.
    bool judges() const { return judges_; }
    /// Extended requests of every kind pass, also those that carry operations within.
    bool allows_any_extended() const { return any_extended_; }

    Refusal decide(const Request& request) const;
    /// The same for an operation that is only named: `oid` for extended ones.
    Refusal decide(Operation operation, std::string_view oid) const;

    bool operator==(const Policy&) const = default;

private:
    bool judges_ = false;
    bool any_extended_ = false;
    std::bitset<16> allowed_{};  // by Operation
    std::vector<std::string> extended_{};
};

/// Whether a SASL mechanism (RFC 4422) is known to leave what follows readable. Others, such as
/// GSSAPI, GSS-SPNEGO and DIGEST-MD5, can agree on a layer that hides it.
bool is_without_layer(std::string_view mechanism);

}  // namespace sallyport::ldap
