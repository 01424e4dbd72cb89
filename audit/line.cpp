#include "audit/line.hpp"

#include "audit/discloser.hpp"
#include "audit/escape.hpp"

#include <cassert>
#include <charconv>
#include <utility>

namespace sallyport::audit {
namespace {

template <class Number>
void append_number(std::string& out, Number value) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

}  // namespace

void Line::open_key(std::string_view name) {
    if (!std::exchange(first_, false)) out_ += ',';
    out_ += '"';
    out_.append(name);
}

void Line::key(std::string_view name) {
    open_key(name);
    out_.append("\":");
}

void Line::text(std::string_view name, std::string_view value, std::size_t bytes_max) {
    if (value.empty()) return;
    key(name);
    out_ += '"';
    if (!append_escaped(out_, value, bytes_max)) {
        assert(cut_count_ < cuts_max);
        cuts_[cut_count_++] = {name, value.size()};
    }
    out_ += '"';
}

void Line::personal(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    assert(discloser_);
    const auto [digits, cut] = discloser_->disclose(name, value, text_bytes_max);
    open_key(name);
    out_.append(commitment_suffix).append("\":\"");
    out_.append(digits.data(), digits.size());
    out_ += '"';
    if (!cut) return;
    assert(cut_count_ < cuts_max);
    cuts_[cut_count_++] = {name, value.size()};
}

void Line::plain(std::string_view name, std::string_view value) {
    key(name);
    out_ += '"';
    out_.append(value);
    out_ += '"';
}

void Line::number(std::string_view name, std::uint64_t value) {
    key(name);
    append_number(out_, value);
}

void Line::number(std::string_view name, std::int64_t value) {
    key(name);
    append_number(out_, value);
}

void Line::finish() {
    if (cut_count_ > 0) {
        key("cut");
        for (std::size_t i = 0; i < cut_count_; ++i) {
            out_.append(i == 0 ? "{\"" : ",\"");
            out_.append(cuts_[i].key);
            out_.append("\":");
            append_number(out_, static_cast<std::uint64_t>(cuts_[i].bytes));
        }
        out_ += '}';
    }
    out_.append("}\n");
}

}  // namespace sallyport::audit
