#include "audit/tiles.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <limits>

namespace sallyport::audit {
namespace {

constexpr std::uint64_t path_base = 1000;
constexpr std::size_t path_digits = 3;

std::string element(std::uint64_t number) {
    const auto digits = std::to_string(number);
    return std::string(path_digits - digits.size(), '0') + digits;
}

}  // namespace

std::string tile_path(std::uint64_t index, std::size_t width) {
    auto path = element(index % path_base);
    for (index /= path_base; index > 0; index /= path_base) {
        auto front = "x" + element(index % path_base);
        path = front + "/" + path;
    }
    return width == tile_width ? path : path + ".p/" + std::to_string(width);
}

Result<void> Tiles::append(std::string_view entry) {
    if (entry.size() > std::numeric_limits<std::uint16_t>::max())
        return Error{Errc::limit, "a record is too long for a bundle of entries"};
    bundle_ += static_cast<char>(entry.size() >> 8);
    bundle_ += static_cast<char>(entry.size() & 0xff);
    bundle_ += entry;
    if (++bundle_entries_ == tile_width)
        if (auto emitted = emit_bundle(); !emitted) return emitted;
    return add(0, tlog::leaf_hash(as_bytes(entry)));
}

Result<void> Tiles::add(std::size_t level, const tlog::Hash& hash) {
    if (levels_.size() == level) levels_.emplace_back();
    levels_[level].hashes.push_back(hash);
    if (levels_[level].hashes.size() < tile_width) return {};
    tlog::Range tree;
    for (const auto& node : levels_[level].hashes) tree.append(node);
    if (auto emitted = emit_tile(level); !emitted) return emitted;
    return add(level + 1, tree.root());
}

Result<void> Tiles::emit_tile(std::size_t level) {
    auto& [hashes, tiles] = levels_[level];
    std::string content;
    for (const auto& hash : hashes) content += as_text(hash);
    auto emitted =
        emit_("tile/" + std::to_string(level) + "/" + tile_path(tiles, hashes.size()), content);
    hashes.clear();
    ++tiles;
    return emitted;
}

Result<void> Tiles::emit_bundle() {
    auto emitted = emit_("tile/entries/" + tile_path(bundles_, bundle_entries_), bundle_);
    bundle_.clear();
    bundle_entries_ = 0;
    ++bundles_;
    return emitted;
}

Result<void> Tiles::finish() {
    if (bundle_entries_ > 0)
        if (auto emitted = emit_bundle(); !emitted) return emitted;
    for (std::size_t level = 0; level < levels_.size(); ++level)
        if (!levels_[level].hashes.empty())
            if (auto emitted = emit_tile(level); !emitted) return emitted;
    return {};
}

}  // namespace sallyport::audit
