#include "ldap/policy.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <array>

namespace sallyport::ldap {
namespace {

constexpr std::string_view extended_prefix = "extended:";

/// Numbers with full stops between them (RFC 4512 section 1.4).
bool is_oid(std::string_view text) {
    if (text.empty() || text.size() > oid_bytes_max) return false;
    char before = '.';
    for (const auto c : text) {
        const bool is_digit = c >= '0' && c <= '9';
        if (!is_digit && (c != '.' || before == '.')) return false;
        before = c;
    }
    return before != '.' && text.find('.') != std::string_view::npos;
}

Error bad(const std::string& text) {
    return {
        Errc::malformed,
        "has \"" + text +
            "\", which is none of bind, unbind, search, modify, add, delete, modifyDN, compare, "
            "abandon, extended and extended:OID, e.g. extended:1.3.6.1.4.1.4203.1.11.3"};
}

}  // namespace

Result<Policy> Policy::of(std::span<const std::string> operations) {
    if (operations.empty())
        return Error{Errc::malformed, "must name an operation; leave it out to allow all"};
    Policy policy;
    policy.judges_ = true;
    policy.allowed_.set(static_cast<std::size_t>(Operation::unbind));
    for (const auto& text : operations) {
        if (text.starts_with(extended_prefix)) {
            auto oid = text.substr(extended_prefix.size());
            if (!is_oid(oid)) return bad(text);
            if (oid == start_tls_oid)
                return Error{Errc::malformed,
                             "cannot have StartTLS, behind which nothing could be judged; use an "
                             "ldaps:// mapping for TLS with the directory"};
            policy.extended_.push_back(std::move(oid));
            continue;
        }
        const auto operation = find_operation(text);
        if (!operation) return bad(text);
        if (*operation == Operation::extended) policy.any_extended_ = true;
        policy.allowed_.set(static_cast<std::size_t>(*operation));
    }
    return policy;
}

Refusal Policy::decide(Operation operation, std::string_view oid) const {
    if (!judges_) return Refusal::none;
    if (operation == Operation::unknown) return Refusal::unknown_operation;
    if (operation != Operation::extended)
        return allowed_.test(static_cast<std::size_t>(operation)) ? Refusal::none
                                                                  : Refusal::operation_denied;
    if (oid == start_tls_oid) return Refusal::start_tls;
    if (any_extended_ || std::ranges::find(extended_, oid) != extended_.end()) return Refusal::none;
    return Refusal::operation_denied;
}

Refusal Policy::decide(const Request& request) const {
    const auto verdict = decide(request.operation, request.oid);
    if (!judges_ || verdict != Refusal::none) return verdict;
    if (request.authentication == Authentication::other) return Refusal::security_layer;
    if (request.authentication == Authentication::sasl && !is_without_layer(request.mechanism))
        return Refusal::security_layer;
    return Refusal::none;
}

bool is_without_layer(std::string_view mechanism) {
    // No name at all ends a negotiation that had begun (RFC 4511 section 4.2.1).
    constexpr std::array<std::string_view, 8> names{"",      "EXTERNAL", "PLAIN",       "ANONYMOUS",
                                                    "LOGIN", "CRAM-MD5", "OAUTHBEARER", "XOAUTH2"};
    return std::ranges::find(names, mechanism) != names.end() || mechanism.starts_with("SCRAM-") ||
           mechanism.starts_with("GS2-");
}

}  // namespace sallyport::ldap
