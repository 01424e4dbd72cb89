#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace sallyport::daemon {

/// Decides which event loops are held up, from who answers when asked how it is. Pure: whoever asks
/// has turns, and counting those instead of the time lets a machine sleep for a night.
class Liveness {
public:
    /// So many turns in a row without "I am well", and a loop is held up.
    static constexpr int turns_max = 2;

    explicit Liveness(std::size_t loops) : loops_(loops) {}

    struct HeldUp {
        std::size_t loop = 0;
        bool answers = false;  // it turns, but says that it is not well

        bool operator==(const HeldUp&) const = default;
    };
    struct Turn {
        std::vector<std::size_t> ask;   // a loop that has not answered is not asked again
        std::optional<HeldUp> held_up;  // the first one, if any
    };
    Turn turn();
    void answered(std::size_t loop, bool well);

private:
    struct Watched {
        bool asked = false;
        bool answered = false;
        bool well = false;
        int silent = 0;  // turns in a row
    };
    std::vector<Watched> loops_;
};

}  // namespace sallyport::daemon
