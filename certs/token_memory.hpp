#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <unordered_map>
#include <utility>

namespace sallyport::certs {

/// Of one memory of verified tokens.
inline constexpr std::size_t remembered_tokens_max = 10'000;
/// What their claims and keys may take; so few large tokens cannot take what many small ones may.
inline constexpr std::size_t remembered_token_bytes_max = std::size_t{32} * 1024 * 1024;

struct TokenMemoryLimits {
    std::size_t tokens = remembered_tokens_max;
    std::size_t bytes = remembered_token_bytes_max;
};

/// What was found out about tokens that were verified, until they end, so that each costs one
/// signature check and then one look-up. `Key` is what tells tokens apart: a digest or the whole
/// text. Bounded by count and by bytes; what was not used lately is forgotten. Not thread safe.
template <class Key, class Value, class Hash>
class TokenMemory {
public:
    using Time = std::chrono::system_clock::time_point;
    using End = std::chrono::sys_seconds;  // may be further off than nanoseconds reach
    using Limits = TokenMemoryLimits;

    explicit TokenMemory(Limits limits = {}) : half_{limits.tokens / 2, limits.bytes / 2} {
        recent_.entries.reserve(half_.tokens);
        older_.entries.reserve(half_.tokens);
    }

    /// Null: unknown, or ended. Good until the next call.
    template <class Sought>
    Value* find(const Sought& key, Time now) {
        if (const auto found = recent_.entries.find(key); found != recent_.entries.end())
            return living(recent_, found, now);
        const auto found = older_.entries.find(key);
        if (found == older_.entries.end()) return nullptr;
        auto* value = living(older_, found, now);
        if (value == nullptr || !fits(recent_, found->second.bytes)) return value;
        const auto bytes = found->second.bytes;
        recent_.bytes += bytes;
        older_.bytes -= bytes;
        return &recent_.entries.insert(older_.entries.extract(found)).position->second.value;
    }

    /// Never found again from `until` on. `bytes` is what key and value take beyond the table; what
    /// is larger than half of the memory is not kept.
    void keep(Key key, Value value, std::size_t bytes, End until) {
        forget(recent_, key);
        forget(older_, key);
        bytes += sizeof(typename Entries::value_type) + node_bytes;
        if (!fits(recent_, bytes)) {
            older_.clear();
            std::swap(recent_, older_);
        }
        if (!fits(recent_, bytes)) return;
        recent_.entries.emplace(std::move(key), Entry{std::move(value), bytes, until});
        recent_.bytes += bytes;
    }

    void clear() {
        recent_.clear();
        older_.clear();
    }

    std::size_t size() const { return recent_.entries.size() + older_.entries.size(); }
    std::size_t bytes() const { return recent_.bytes + older_.bytes; }

private:
    static constexpr std::size_t node_bytes = 4 * sizeof(void*);  // links, hash, place in the table
    struct Entry {
        Value value;
        std::size_t bytes;
        End until;
    };
    using Entries = std::unordered_map<Key, Entry, Hash, std::equal_to<>>;
    struct Half {
        Entries entries{};
        std::size_t bytes = 0;
        void clear() {
            entries.clear();
            bytes = 0;
        }
    };

    bool fits(const Half& half, std::size_t bytes) const {
        return half.entries.size() < half_.tokens && bytes <= half_.bytes &&
               half.bytes <= half_.bytes - bytes;
    }
    static Value* living(Half& half, typename Entries::iterator found, Time now) {
        if (std::chrono::floor<std::chrono::seconds>(now) < found->second.until)
            return &found->second.value;
        erase(half, found);
        return nullptr;
    }
    static void forget(Half& half, const Key& key) {
        if (const auto found = half.entries.find(key); found != half.entries.end())
            erase(half, found);
    }
    static void erase(Half& half, typename Entries::iterator entry) {
        half.bytes -= entry->second.bytes;
        half.entries.erase(entry);
    }

    struct {
        std::size_t tokens;
        std::size_t bytes;
    } half_;
    // When the recent half is full it becomes the older one, and what was in that and not used
    // since is forgotten: no list has to be kept in order at each look-up.
    Half recent_;
    Half older_;
};

}  // namespace sallyport::certs
