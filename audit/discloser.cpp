#include "audit/discloser.hpp"

#include "audit/escape.hpp"
#include "audit/hex_text.hpp"
#include "certs/secret_hash.hpp"

#include <algorithm>
#include <charconv>

namespace sallyport::audit {

Salt Discloser::next_salt() {
    if (used_ == block_.size()) {
        block_ = certs::random_bytes(block_salts * salt_bytes);
        used_ = 0;
    }
    const auto from = std::span(block_).subspan(used_, salt_bytes);
    Salt salt;
    std::ranges::copy(from, salt.begin());
    // Once the line is erased, nothing shall be left here that tells the value.
    std::ranges::fill(from, std::byte{0});
    used_ += salt_bytes;
    return salt;
}

Discloser::Commitment Discloser::disclose(std::string_view field, std::string_view value,
                                          std::size_t bytes_max) {
    const auto salt = next_salt();
    auto& out = *out_;
    std::array<char, 24> number;
    const auto end = std::to_chars(number.data(), number.data() + number.size(), sequence_).ptr;
    out.append("{\"seq\":").append(number.data(), end);
    out.append(",\"field\":\"").append(field);
    const auto salt_hex = hex_text(salt);
    out.append("\",\"salt\":\"").append(salt_hex.data(), salt_hex.size());
    out.append("\",\"value\":\"");
    const auto start = out.size();
    const bool cut = !append_escaped(out, value, bytes_max);
    // The commitment is to what any JSON parser reads in the line, so that anybody can check it.
    auto committed = std::string_view(out).substr(start);
    if (committed.find('\\') != std::string_view::npos) {
        committed_.clear();
        append_unescaped(committed_, committed);
        committed = committed_;
    }
    hasher_.update(salt);
    hasher_.update(as_bytes(committed));
    const auto digest = hasher_.finish();
    out.append("\"}\n");
    return {.digits = hex_text(digest), .cut = cut};
}

}  // namespace sallyport::audit
