#pragma once

#include "rfc/items.hpp"
#include "rfc/text.hpp"

#include <cstdint>
#include <optional>

namespace sallyport::rfc {

/// Looks through the back end's answer for the little that matters: whether it is a call in the
/// other direction, and in which code page the back end writes. An answer that cannot be read any
/// further is let through: it is not the client who made it.
class ReplyScan {
public:
    void begin();
    void feed(BytesView items);

    bool is_callback() const { return callback_; }
    /// Whether it tells of an exception or another error instead of a result.
    bool is_error() const { return error_; }
    std::optional<CodePage> code_page() const { return page_; }
    std::uint64_t bytes() const { return bytes_; }

private:
    ItemReader reader_;
    std::uint64_t bytes_ = 0;
    bool callback_ = false;
    bool error_ = false;
    std::optional<CodePage> page_{};
};

}  // namespace sallyport::rfc
