#include "agent/held_answer.hpp"

namespace sallyport::agent {

void HeldAnswer::finish(http::Fields trailers) {
    finished_ = true;
    if (end_ == End::passes) return down_.finish(trailers);
    for (const auto& field : trailers) trailers_.emplace_back(field.name, field.value);
}

void HeldAnswer::release() {
    if (!finished_ || end_ == End::passes) return;
    std::vector<http::Field> trailers;
    trailers.reserve(trailers_.size());
    for (const auto& [name, value] : trailers_) trailers.push_back({name, value});
    down_.finish(trailers);
}

}  // namespace sallyport::agent
