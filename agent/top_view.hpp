#pragma once

#include "base/paint.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::agent {

/// What `top` saw at one moment: the answer to GET /v1/top.
struct TopSample {
    boost::json::object facts{};
    std::chrono::steady_clock::time_point at{};
};

struct TopSize {
    std::size_t rows = 24;
    std::size_t columns = 80;
};

/// The lines of one picture, none wider than the terminal (of colours only the letters count):
/// head, links, mappings with what they do per second since `before`, slowest exchanges with where
/// their time went. Pure. Without `before` there are no rates.
std::vector<std::string> top_lines(const TopSample& now, const std::optional<TopSample>& before,
                                   TopSize size, const Paint& paint);

}  // namespace sallyport::agent
