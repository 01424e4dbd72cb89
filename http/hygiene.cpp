#include "http/hygiene.hpp"

#include "base/bytes.hpp"
#include "http/h1_characters.hpp"
#include "http/h1_codec.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace sallyport::http {
namespace {

constexpr std::size_t names_max = 16;  // that Connection names; the codec refuses more options

char canonical(char c) { return c == '_' ? '-' : to_lower(c); }

/// The start of a name in one spelling, long enough for every name below.
class Spelling {
public:
    static constexpr std::size_t size_max = 24;

    explicit Spelling(std::string_view name) : whole_(name.size() <= size_max) {
        size_ = std::min(name.size(), size_max);
        for (std::size_t i = 0; i < size_; ++i) text_[i] = canonical(name[i]);
    }
    bool is(std::string_view name) const { return whole_ && start() == name; }
    bool starts_with(std::string_view prefix) const { return start().starts_with(prefix); }

private:
    std::string_view start() const { return {text_.data(), size_}; }
    std::array<char, size_max> text_;
    std::size_t size_ = 0;
    bool whole_;
};

bool is_any_of(const Spelling& name, std::span<const std::string_view> names) {
    return std::ranges::any_of(names, [&](std::string_view one) { return name.is(one); });
}

/// Fields for the next hop only, and framing, which each hop writes itself.
bool is_hop_by_hop(const Spelling& name, char first) {
    switch (first) {
        case 'c':
            return name.is("connection") || name.is("content-length");
        case 'h':
            return name.is("http2-settings");
        case 'k':
            return name.is("keep-alive");
        case 'p':
            return name.is("proxy-connection");
        case 't':
            return name.is("te") || name.is("transfer-encoding");
        case 'u':
            return name.is("upgrade");
        default:
            return false;
    }
}

/// Whether a name of this size can be one of the above: most response fields are decided by this.
bool may_be_hop_by_hop(char first, std::size_t size) {
    switch (first) {
        case 'c':
            return size == 10 || size == 14;
        case 'h':
            return size == 14;
        case 'k':
            return size == 10;
        case 'p':
            return size == 16;
        case 't':
            return size == 2 || size == 17;
        case 'u':
            return size == 7;
        default:
            return false;
    }
}

/// Fields that say who somebody is or what the hub knows: only hub and agent may say that.
bool claims_identity(const Spelling& name, char first) {
    switch (first) {
        case 'c':
            return name.is("client-cert") || name.is("client-cert-chain");
        case 'p':
            return name.is("proxy") || name.starts_with("proxy-");
        case 'r':
            return name.is("remote-user");
        case 's':
            return name.starts_with("sap-connectivity-") || name.starts_with("sallyport-") ||
                   name.starts_with("ssl-client-");
        case 'x':
            return name.is("x-forwarded-client-cert") || name.starts_with("x-ssl-client-") ||
                   name.is("x-remote-user");
        default:
            return false;
    }
}

/// Most names are decided by their first character alone.
bool may_matter(char first) {
    return std::string_view("chkprstux").find(first) != std::string_view::npos;
}

/// What only makes sense before the body: routing, framing, who asks, what the body is.
bool belongs_in_head(std::string_view text) {
    static constexpr std::array<std::string_view, 19> names = {"authorization",
                                                               "cache-control",
                                                               "content-encoding",
                                                               "content-range",
                                                               "content-type",
                                                               "cookie",
                                                               "expect",
                                                               "host",
                                                               "max-forwards",
                                                               "pragma",
                                                               "range",
                                                               "set-cookie",
                                                               "te",
                                                               "trailer",
                                                               "www-authenticate",
                                                               "x-http-method",
                                                               "location",
                                                               "x-forwarded-host",
                                                               "x-method-override"};
    const Spelling name(text);
    return is_any_of(name, names) || name.starts_with("x-http-method");
}

/// The names that Connection fields hold, but for the options with a meaning of their own.
class NamedByConnection {
public:
    explicit NamedByConnection(Fields fields) {
        for (const auto& field : fields)
            if (same_name(field.name, "connection"))
                h1::each_item(field.value, [&](std::string_view name) { return add(name); });
    }
    bool contain(std::string_view name) const {
        return std::any_of(names_.begin(), names_.begin() + count_,
                           [&](std::string_view one) { return same_name(one, name); });
    }

private:
    bool add(std::string_view name) {
        for (const auto option : {"close", "keep-alive", "upgrade", "te"})
            if (equal_ignoring_case(name, option)) return true;
        names_[static_cast<std::size_t>(count_)] = name;
        return ++count_ < static_cast<std::ptrdiff_t>(names_max);
    }
    std::array<std::string_view, names_max> names_;
    std::ptrdiff_t count_ = 0;
};

}  // namespace

StripList::StripList(const std::vector<std::string>& names) {
    for (const auto& name : names) {
        names_.push_back(name);
        std::ranges::transform(names_.back(), names_.back().begin(), canonical);
    }
}

bool StripList::contains(std::string_view name) const {
    return std::ranges::any_of(names_, [&](auto& one) { return same_name(one, name); });
}

bool same_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, canonical, canonical);
}

bool travels_in_request(std::string_view text) {
    if (text.empty()) return false;
    const char first = to_lower(text.front());
    if (!may_matter(first)) return true;
    const Spelling name(text);
    return !is_hop_by_hop(name, first) && !claims_identity(name, first) && !name.is("host");
}

bool travels_in_response(std::string_view text) {
    if (text.empty()) return false;
    const char first = to_lower(text.front());
    if (first != 's' && !may_be_hop_by_hop(first, text.size())) return true;
    if (first == 's' && (text.size() < 2 || to_lower(text[1]) != 'a')) return true;
    const Spelling name(text);
    return !is_hop_by_hop(name, first) && !name.starts_with("sallyport-");
}

bool names_what_decides(std::string_view text) {
    static constexpr std::array<std::string_view, 7> names = {
        "host",   "content-length",    "authorization",    "cookie",
        "expect", "x-method-override", "transfer-encoding"};
    const Spelling name(text);
    return is_any_of(name, names) || name.starts_with("x-http-method") ||
           name.starts_with("sap-connectivity-") || name.starts_with("sallyport-") ||
           name.starts_with("proxy-auth");
}

void keep_request_fields(Fields fields, std::vector<Field>& kept, const StripList& also) {
    kept.clear();
    const NamedByConnection named(fields);
    bool trailers = false;
    for (const auto& field : fields) {
        if (travels_in_request(field.name)) {
            if (!named.contain(field.name) && !also.contains(field.name)) kept.push_back(field);
        } else if (!trailers && same_name(field.name, "te") &&
                   h1::list_has(field.value, "trailers")) {
            trailers = true;
            kept.push_back({"te", "trailers"});
        }
    }
}

void keep_response_fields(Fields fields, std::vector<Field>& kept) {
    kept.clear();
    const NamedByConnection named(fields);
    for (const auto& field : fields)
        if (travels_in_response(field.name) && !named.contain(field.name)) kept.push_back(field);
}

void keep_request_trailers(Fields trailers, std::vector<Field>& kept, const StripList& also) {
    kept.clear();
    for (const auto& field : trailers)
        if (travels_in_request(field.name) && !belongs_in_head(field.name) &&
            !also.contains(field.name))
            kept.push_back(field);
}

void keep_response_trailers(Fields trailers, std::vector<Field>& kept) {
    kept.clear();
    for (const auto& field : trailers)
        if (travels_in_response(field.name) && !belongs_in_head(field.name)) kept.push_back(field);
}

}  // namespace sallyport::http
