#include "hub/form.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace sallyport::hub {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

Result<Secret> form_decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());  // never grows, so no stray copy of a secret stays behind
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        const int high = text.size() - i > 2 ? hex_digit(text[i + 1]) : -1;
        const int low = text.size() - i > 2 ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) {
            const Secret wiped(std::move(out));
            return Error{Errc::malformed, "percent sign without two hexadecimal digits"};
        }
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return Secret(std::move(out));
}

Result<Form> Form::parse(std::string_view body) {
    Form form;
    while (!body.empty()) {
        const auto end = std::min(body.find('&'), body.size());
        const auto pair = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        if (pair.empty()) continue;
        if (form.parameters_.size() == form_parameters_max)
            return Error{Errc::limit,
                         "more than " + std::to_string(form_parameters_max) + " form parameters"};

        const auto equals = std::min(pair.find('='), pair.size());
        const auto name = form_decoded(pair.substr(0, equals));
        if (!name) return name.error();
        auto value = form_decoded(pair.substr(std::min(equals + 1, pair.size())));
        if (!value) return value.error();
        if (form.value(name->reveal()))
            return Error{Errc::malformed, "a form parameter stands twice"};
        form.parameters_.emplace_back(name->reveal(), std::move(*value));
    }
    return form;
}

std::optional<std::string_view> Form::value(std::string_view name) const {
    for (const auto& [key, value] : parameters_)
        if (key == name) return value.reveal();
    return std::nullopt;
}

}  // namespace sallyport::hub
