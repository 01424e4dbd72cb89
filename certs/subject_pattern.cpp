#include "base/error.hpp"
#include "certs/subject_rules.hpp"

#include <algorithm>

namespace sallyport::certs {
namespace {

constexpr std::size_t variable_bytes_max = 128;

std::string_view trim(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

Error wrong(std::string what) { return Error{Errc::malformed, std::move(what)}; }

}  // namespace

/// Reads a pattern from left to right.
class SubjectPattern::Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    bool ended() const { return rest_.empty(); }

    Result<Part> part() {
        const auto equals = rest_.find('=');
        if (equals == rest_.npos)
            return wrong("'" + std::string(trim(rest_)) + "' is not NAME=VALUE");
        const auto name = trim(rest_.substr(0, equals));
        const auto attribute = name_attribute(name);
        if (!attribute)
            return wrong("'" + std::string(name) +
                         "' is none of CN, EMAIL, L, OU, O, ST, C and UID");
        rest_.remove_prefix(equals + 1);
        while (rest_.starts_with(' ')) rest_.remove_prefix(1);
        Part part{*attribute, {}};
        if (auto read = value(part.pieces); !read) return read.error();
        if (part.pieces.empty()) return wrong(std::string(name) + " has no value");
        return part;
    }

    /// True if another part follows.
    bool comma() {
        if (!rest_.starts_with(',')) return false;
        rest_.remove_prefix(1);
        return true;
    }

private:
    Result<void> value(std::vector<Piece>& pieces) {
        std::string literal;
        std::size_t blanks = 0;  // unescaped ones at the end of `literal`
        const auto flush = [&] {
            if (!literal.empty()) pieces.push_back({false, std::move(literal)});
            literal.clear();
            blanks = 0;
        };
        if (rest_.starts_with('#')) return wrong("hexadecimal values (#...) are not supported");
        while (!rest_.empty() && !rest_.starts_with(',')) {
            if (rest_.starts_with("${")) {
                flush();
                auto name = variable();
                if (!name) return name.error();
                pieces.push_back({true, std::move(*name)});
                continue;
            }
            const char c = rest_.front();
            const bool escaped = c == '\\';
            if (std::string_view("\"+;<>").find(c) != std::string_view::npos)
                return wrong(std::string("write \\") + c + " for " + c +
                             "; quoted values and several attributes in one part are not "
                             "supported");
            if (escaped && (rest_.size() < 2 || std::string_view("\"+,;<>\\#= $").find(rest_[1]) ==
                                                    std::string_view::npos))
                return wrong("\\ must be followed by one of \" + , ; < > \\ # = $ or a blank");
            literal += escaped ? rest_[1] : c;
            blanks = c == ' ' ? blanks + 1 : 0;
            rest_.remove_prefix(escaped ? 2 : 1);
        }
        literal.resize(literal.size() - blanks);
        flush();
        return {};
    }

    Result<std::string> variable() {
        const auto end = rest_.find('}');
        if (end == rest_.npos) return wrong("${ without }");
        const auto name = rest_.substr(2, end - 2);
        const bool readable = std::ranges::all_of(
            name, [](char c) { return c > 0x20 && c != 0x7f && c != '$' && c != '{'; });
        if (name.empty() || name == "cp." || name.size() > variable_bytes_max || !readable)
            return wrong("'${" + std::string(name.substr(0, variable_bytes_max)) +
                         "}' is not a variable");
        rest_.remove_prefix(end + 1);
        return std::string(name);
    }

    std::string_view rest_;
};

Result<SubjectPattern> SubjectPattern::parse(std::string_view text) {
    if (text.size() > bytes_max)
        return Error{Errc::limit, "a pattern has at most " + std::to_string(bytes_max) + " bytes"};
    SubjectPattern pattern;
    DistinguishedName literal;  // what needs no user can be checked now
    Reader reader(text);
    do {
        auto part = reader.part();
        if (!part) return part.error();
        const bool fixed = std::ranges::none_of(
            part->pieces, [](const Piece& piece) { return piece.is_variable; });
        if (fixed)
            if (auto added = literal.add(part->attribute, part->pieces.front().text); !added)
                return added.error();
        pattern.parts_.push_back(std::move(*part));
    } while (reader.comma());
    if (pattern.parts_.size() > DistinguishedName::parts_max)
        return Error{Errc::limit, "a subject has at most " +
                                      std::to_string(DistinguishedName::parts_max) + " parts"};
    return pattern;
}

Result<DistinguishedName> SubjectPattern::fill(const SubjectVariables& variables) const {
    DistinguishedName subject;
    for (const auto& part : parts_) {
        std::string value;
        for (const auto& piece : part.pieces) {
            if (!piece.is_variable) {
                value += piece.text;
                continue;
            }
            const auto found = variables.values(piece.text);
            if (found.size() != 1)
                return Error{Errc::denied, "${" + piece.text + "} " +
                                               (found.empty() ? "is missing in the token"
                                                              : "has several values")};
            value += found.front();
        }
        if (auto added = subject.add(part.attribute, value); !added)
            return Error{Errc::denied, added.error().detail};
    }
    return subject;
}

}  // namespace sallyport::certs
