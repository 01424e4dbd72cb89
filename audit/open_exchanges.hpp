#pragma once

#include "audit/log.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sallyport::audit {

/// The exchanges that have begun and not ended, bounded. An exchange id comes from the hub, so the
/// same one may be open twice.
class OpenExchanges {
public:
    static constexpr std::size_t count_max = 65'536;

    struct Exchange {
        std::string id;
        Sequence begin;
    };

    void begin(std::string_view id, Sequence sequence);
    /// Forgets the oldest exchange of that id; gives the sequence of its begin.
    std::optional<Sequence> end(std::string_view id);
    /// Forgets the exchange of that id which began there; false if there is none.
    bool end(std::string_view id, Sequence begin);

    /// No begin before this sequence waits for its end; nullopt if none waits at all.
    std::optional<Sequence> oldest() const;
    /// In the order in which they began.
    std::vector<Exchange> all() const;
    std::size_t size() const { return open_.size(); }
    /// Begins that came above `count_max` and are not known here.
    std::size_t untracked() const { return untracked_; }

private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    std::unordered_multimap<std::string, Sequence, Hash, std::equal_to<>> open_;
    std::size_t untracked_ = 0;
    Sequence untracked_since_ = 0;
};

}  // namespace sallyport::audit
