#include "base/secret.hpp"

#include <cstring>
#include <utility>

namespace sallyport {

Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    wipe();
    text_ = std::move(other.text_);
    other.wipe();
    return *this;
}

Secret::~Secret() { wipe(); }

void Secret::wipe() {
    // A short text lives inside the string object, a long one on the heap: capacity covers both.
    text_.resize(text_.capacity());
    explicit_bzero(text_.data(), text_.size());
    text_.clear();
}

}  // namespace sallyport
