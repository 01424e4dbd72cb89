#pragma once

#include "http/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::tunnel {

/// Keeps the fields of one field section as they arrive, in one piece of memory that is reused.
class FieldArena {
public:
    static constexpr std::size_t kept_bytes_max = 8 * 1024;
    static constexpr std::size_t kept_fields_max = 64;

    void add(std::string_view name, std::string_view value) {
        marks_.push_back({bytes_.size(), name.size(), value.size()});
        bytes_.append(name).append(value);
    }
    bool empty() const { return marks_.empty(); }
    std::size_t size_bytes() const { return bytes_.size(); }
    void clear() {
        bytes_.clear();
        marks_.clear();
        fields_.clear();
    }
    /// Between two streams: an unusually large section does not keep its memory.
    void rest() {
        clear();
        if (bytes_.capacity() > kept_bytes_max) bytes_.shrink_to_fit();
        if (marks_.capacity() <= kept_fields_max) return;
        marks_.shrink_to_fit();
        fields_.shrink_to_fit();
    }
    /// Views into this object, valid until the next add() or clear().
    http::Fields fields() {
        fields_.clear();
        for (const auto& mark : marks_) {
            const std::string_view text(bytes_);
            fields_.push_back(
                {text.substr(mark.at, mark.name), text.substr(mark.at + mark.name, mark.value)});
        }
        return fields_;
    }

private:
    struct Mark {
        std::size_t at;
        std::size_t name;
        std::size_t value;
    };
    std::string bytes_;
    std::vector<Mark> marks_;
    std::vector<http::Field> fields_;
};

}  // namespace sallyport::tunnel
