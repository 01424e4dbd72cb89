#include "daemon/liveness.hpp"

namespace sallyport::daemon {

Liveness::Turn Liveness::turn() {
    Turn turn;
    for (std::size_t i = 0; i < loops_.size(); ++i) {
        auto& loop = loops_[i];
        if (loop.asked) loop.silent = loop.well ? 0 : loop.silent + 1;
        if (loop.silent >= turns_max && !turn.held_up)
            turn.held_up = HeldUp{.loop = i, .answers = loop.answered};
        if (loop.asked && !loop.answered) continue;
        loop = {.asked = true, .silent = loop.silent};
        turn.ask.push_back(i);
    }
    return turn;
}

void Liveness::answered(std::size_t loop, bool well) {
    loops_.at(loop).answered = true;
    loops_.at(loop).well = well;
}

}  // namespace sallyport::daemon
