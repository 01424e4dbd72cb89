#include "base/config_excerpt.hpp"

#include "base/error.hpp"

#include <toml++/toml.h>

#include <sstream>

namespace sallyport {
namespace {

/// Builds the document again, value by value.
class Excerpt {
public:
    explicit Excerpt(const MayShow& may_show) : may_show_(may_show) {}

    toml::table of(const toml::table& table, const std::string& path) {
        toml::table out;
        for (const auto& [key, node] : table) {
            const auto name =
                path.empty() ? std::string(key.str()) : path + "." + std::string(key.str());
            if (const auto* inner = node.as_table()) {
                auto shown = of(*inner, name);
                shown.is_inline(inner->is_inline());
                if (!shown.empty()) out.insert(key, std::move(shown));
            } else if (const auto* list = node.as_array()) {
                auto shown = of(*list, name);
                if (!shown.empty()) out.insert(key, std::move(shown));
            } else if (!may_show_(name)) {
                ++left_out_;
            } else if (const auto* text = node.as_string()) {
                out.insert(key, without_url_secrets(text->get()));
            } else {
                put(out, key, node);
            }
        }
        return out;
    }
    std::size_t left_out() const { return left_out_; }

private:
    toml::array of(const toml::array& list, const std::string& path) {
        toml::array out;
        for (const auto& node : list) {
            if (const auto* inner = node.as_table()) {
                auto shown = of(*inner, path);
                shown.is_inline(inner->is_inline());
                out.push_back(std::move(shown));
            } else if (const auto* nested = node.as_array()) {
                out.push_back(of(*nested, path));
            } else if (!may_show_(path)) {
                ++left_out_;
            } else if (const auto* text = node.as_string()) {
                out.push_back(without_url_secrets(text->get()));
            } else if (const auto* number = node.as_integer()) {
                out.push_back(number->get());
            } else if (const auto* flag = node.as_boolean()) {
                out.push_back(flag->get());
            } else {
                ++left_out_;
            }
        }
        return out;
    }

    /// Only kinds of values that we know.
    void put(toml::table& out, const toml::key& key, const toml::node& node) {
        if (const auto* number = node.as_integer())
            out.insert(key, number->get());
        else if (const auto* flag = node.as_boolean())
            out.insert(key, flag->get());
        else
            ++left_out_;
    }

    const MayShow& may_show_;
    std::size_t left_out_ = 0;
};

}  // namespace

std::string without_url_secrets(std::string_view text) {
    constexpr std::string_view mark = "://";
    constexpr std::string_view ends = " \t\r\n\"<>";
    std::string out;
    while (true) {
        const auto at = text.find(mark);
        if (at == std::string_view::npos) return out + std::string(text);
        out += text.substr(0, at + mark.size());
        text.remove_prefix(at + mark.size());
        const auto word = text.substr(0, text.find_first_of(ends));
        text.remove_prefix(word.size());
        // Up to the last one: a password may hold whatever a URL must not.
        const auto sign = word.rfind('@');
        const auto query = word.find_first_of("?#");
        const bool has_user = sign != std::string_view::npos;
        if (has_user) out += "***";
        if (query == std::string_view::npos) {
            out += has_user ? word.substr(sign) : word;
        } else if (!has_user || sign < query) {
            out += word.substr(has_user ? sign : 0, query + 1 - (has_user ? sign : 0));
            out += "***";
        }  // else nobody knows where what is secret ends
    }
}

Result<std::string> config_excerpt(std::string_view text, const MayShow& may_show) {
    try {
        const auto document = toml::parse(text);
        Excerpt excerpt(may_show);
        const auto shown = excerpt.of(document, {});
        std::ostringstream out;
        out << "# " << excerpt.left_out() << " values that are not on the list of what may be "
            << "shown were left out.\n"
            << shown << "\n";
        return out.str();
    } catch (const toml::parse_error&) {
        return Error{Errc::malformed, "it is no TOML, so nothing of it can be shown"};
    }
}

}  // namespace sallyport
