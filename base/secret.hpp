#pragma once

#include <string>
#include <string_view>

namespace sallyport {

/// Text that must not leak: it wipes its memory, cannot be copied by accident, and has no
/// formatter, so it cannot reach a log or an audit record.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    /// The clear text; keep the view as short as possible.
    std::string_view reveal() const { return text_; }
    bool empty() const { return text_.empty(); }

private:
    void wipe();
    std::string text_;
};

}  // namespace sallyport
