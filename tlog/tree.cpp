#include "tlog/tree.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

namespace sallyport::tlog {
namespace {

constexpr std::byte leaf_prefix{0};
constexpr std::byte node_prefix{1};

certs::Sha256Hasher& hasher() {
    thread_local certs::Sha256Hasher kept;
    return kept;
}

/// The level of the largest aligned subtree that begins at `at` and ends no later than `end`.
unsigned level_at(std::uint64_t at, std::uint64_t end) {
    const auto fitting = static_cast<unsigned>(std::bit_width(end - at)) - 1;
    return std::min(fitting, static_cast<unsigned>(std::countr_zero(at)));
}

std::uint64_t leaves_of(unsigned level) { return std::uint64_t{1} << level; }

}  // namespace

Hash leaf_hash(BytesView entry) {
    auto& hash = hasher();
    hash.update({&leaf_prefix, 1});
    hash.update(entry);
    return hash.finish();
}

Hash node_hash(const Hash& left, const Hash& right) {
    std::array<std::byte, 1 + 2 * std::tuple_size_v<Hash>> bytes;
    bytes[0] = node_prefix;
    std::ranges::copy(right, std::ranges::copy(left, bytes.begin() + 1).out);
    return hasher()(bytes);
}

const Hash& empty_root() {
    static const Hash root = certs::sha256({});
    return root;
}

Hash fold(std::span<const Hash> nodes) {
    if (nodes.empty()) return empty_root();
    Hash above = nodes.back();
    for (auto node = nodes.rbegin() + 1; node != nodes.rend(); ++node)
        above = node_hash(*node, above);
    return above;
}

Result<Range> Range::of(std::uint64_t begin, std::uint64_t end, std::vector<Hash> hashes) {
    if (begin > end || end > tree_size_max)
        return Error{Errc::malformed, "no range of leaves: [" + std::to_string(begin) + ", " +
                                          std::to_string(end) + ")"};
    const auto count = node_count(begin, end);
    if (hashes.size() != count)
        return Error{Errc::malformed, "the leaves [" + std::to_string(begin) + ", " +
                                          std::to_string(end) + ") need " + std::to_string(count) +
                                          " hashes, not " + std::to_string(hashes.size())};
    Range range(begin);
    range.end_ = end;
    range.hashes_ = std::move(hashes);
    return range;
}

std::size_t Range::node_count(std::uint64_t begin, std::uint64_t end) {
    std::size_t count = 0;
    for (auto at = begin; at < end; ++count) at += leaves_of(level_at(at, end));
    return count;
}

void Range::append(const Hash& leaf) { append_node(0, leaf); }

Result<void> Range::append(const Range& next) {
    if (next.begin_ != end_)
        return Error{Errc::malformed, "leaves from " + std::to_string(next.begin_) +
                                          " on do not follow those up to " + std::to_string(end_)};
    for (const auto& node : next.hashes_) append_node(level_at(end_, next.end_), node);
    return {};
}

/// A node that is a right child joins its left sibling, as long as this range has that one.
void Range::append_node(unsigned level, const Hash& node) {
    auto start = end_;
    end_ += leaves_of(level);
    Hash joined = node;
    for (; (start >> level & 1) != 0 && start - leaves_of(level) >= begin_; ++level) {
        joined = node_hash(hashes_.back(), joined);
        hashes_.pop_back();
        start -= leaves_of(level);
    }
    hashes_.push_back(joined);
}

Hash Range::root() const {
    assert(begin_ == 0);
    return fold(hashes_);
}

}  // namespace sallyport::tlog
