#pragma once

#include "base/bytes.hpp"
#include "tunnel/control_message.hpp"

#include <string>
#include <string_view>

namespace sallyport::tunnel {

/// Cuts bytes into lines. Pure.
class LineReader {
public:
    /// Calls `on_line` for each whole line, without its end. False if a line is too long.
    template <class OnLine>
    bool feed(BytesView bytes, OnLine on_line) {
        const auto searched = text_.size();  // there is no end of line before
        text_.append(as_text(bytes));
        std::size_t from = 0;
        for (auto end = text_.find('\n', searched); end != std::string::npos;
             end = text_.find('\n', from)) {
            on_line(std::string_view(text_).substr(from, end - from));
            from = end + 1;
        }
        text_.erase(0, from);
        return text_.size() <= control_line_bytes_max;
    }

private:
    std::string text_;
};

}  // namespace sallyport::tunnel
