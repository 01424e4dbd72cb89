#include "agent/rewrite.hpp"

#include "base/bytes.hpp"
#include "http/h1_characters.hpp"

#include <algorithm>

namespace sallyport::agent {
namespace {

struct Authority {
    std::string_view host;  // an IPv6 address without its brackets
    std::uint16_t port = 0;
    bool valid = false;
};

Authority split(std::string_view text, std::uint16_t default_port) {
    Authority found{{}, default_port, false};
    const bool literal = text.starts_with('[');
    const auto host_end = literal ? text.find(']') : text.find(':');
    found.host = text.substr(literal ? 1 : 0, literal ? host_end - 1 : host_end);
    if (literal && host_end == std::string_view::npos) return found;
    auto rest = text.substr(std::min(text.size(), literal ? host_end + 1 : found.host.size()));
    if (!rest.empty()) {
        if (rest.front() != ':') return found;
        const auto port = parse_decimal(rest.substr(1));
        if (!port || *port == 0 || *port > 65535) return found;
        found.port = static_cast<std::uint16_t>(*port);
    }
    found.valid = !found.host.empty() && text.find('@') == std::string_view::npos;
    return found;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
    return equal_ignoring_case(text.substr(0, start.size()), start);
}

struct Attribute {
    std::string_view text;   // as it stands between two semicolons
    std::string_view value;  // of a Domain, without the blanks and dot that do not count
    bool is_domain = false;
};

/// The attributes of a Set-Cookie value (RFC 6265 section 5.2).
template <class Visit>
void for_each_attribute(std::string_view value, Visit visit) {
    for (auto at = value.find(';'); at != std::string_view::npos;) {
        const auto end = value.find(';', at + 1);
        Attribute attribute{.text = value.substr(at + 1, end - at - 1), .value = {}};
        const auto equals = attribute.text.find('=');
        attribute.is_domain =
            equals != std::string_view::npos &&
            equal_ignoring_case(http::h1::trim(attribute.text.substr(0, equals)), "domain");
        if (attribute.is_domain)
            attribute.value = http::h1::trim(attribute.text.substr(equals + 1));
        if (attribute.value.starts_with('.')) attribute.value.remove_prefix(1);
        visit(attribute);
        at = end;
    }
}

/// The Domain that counts: the last one that says something (RFC 6265 sections 5.2.3, 5.3).
std::string_view cookie_domain(std::string_view value) {
    std::string_view domain;
    for_each_attribute(value, [&](const Attribute& attribute) {
        if (!attribute.value.empty()) domain = attribute.value;
    });
    return domain;
}

/// Whether `host` lies below `domain` (RFC 6265 section 5.1.3). A domain without a dot is a public
/// suffix, of which no client takes a cookie; an address has no parents.
bool is_parent(std::string_view domain, std::string_view host) {
    if (domain.find('.') == std::string_view::npos || host.size() <= domain.size()) return false;
    if (host.find_first_not_of("0123456789.") == std::string_view::npos) return false;
    return host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.';
}

}  // namespace

Rewrite::Rewrite(std::string_view internal_host, std::uint16_t internal_port,
                 std::string_view virtual_authority)
    : internal_host_(to_lower(internal_host)),
      internal_port_(internal_port),
      virtual_authority_(virtual_authority),
      virtual_host_(to_lower(virtual_authority.substr(0, virtual_authority.rfind(':')))) {
    if (internal_host_.starts_with('[') && internal_host_.ends_with(']'))
        internal_host_ = internal_host_.substr(1, internal_host_.size() - 2);
}

std::string Rewrite::location(std::string_view value) const {
    std::uint16_t default_port = 0;
    std::string_view scheme;
    if (starts_with_ignoring_case(value, "http://")) {
        default_port = 80;
        scheme = "http:";
    } else if (starts_with_ignoring_case(value, "https://")) {
        default_port = 443;
        scheme = "https:";
    } else if (value.starts_with("//")) {
        // Relative to the scheme that the back end was asked with.
        default_port = internal_port_ == 80 || internal_port_ == 443 ? internal_port_ : 0;
    } else {
        return {};
    }
    const auto after = value.substr(scheme.size() + 2);
    const auto text = after.substr(0, after.find_first_of("/?#\\"));
    const auto authority = split(text, default_port);
    if (!authority.valid || authority.port != internal_port_) return {};
    if (!equal_ignoring_case(authority.host, internal_host_)) return {};
    // The cloud speaks plain HTTP to its proxy, whatever stands behind.
    std::string rewritten = scheme.empty() ? "//" : "http://";
    rewritten += virtual_authority_;
    rewritten += after.substr(text.size());
    return rewritten;
}

std::string Rewrite::set_cookie(std::string_view value) const {
    const auto domain = to_lower(cookie_domain(value));
    if (domain.empty()) return {};
    const bool names_back_end = domain == internal_host_;
    if (!names_back_end && (!is_parent(domain, internal_host_) || domain == virtual_host_ ||
                            is_parent(domain, virtual_host_)))
        return {};
    // Of a parent only "for this host" is left: what stands beside the internal host does not stand
    // beside the virtual one. A name without a dot is a host's own as well, as clients see it.
    std::string rewritten(value.substr(0, value.find(';')));
    for_each_attribute(value, [&](const Attribute& attribute) {
        if (!attribute.is_domain) rewritten.append(";").append(attribute.text);
    });
    if (names_back_end && virtual_host_.find('.') != std::string::npos)
        rewritten.append("; Domain=").append(virtual_host_);
    return rewritten;
}

}  // namespace sallyport::agent
