#include "daemon/pulse.hpp"

#include "net/event.hpp"
#include "net/within.hpp"

#include <boost/asio/post.hpp>

#include <memory>
#include <utility>

namespace sallyport::daemon {
namespace {

/// Shared: an answer may come when nobody waits for it any more.
struct Answers {
    net::Event* waiter = nullptr;
    std::size_t missing = 0;
};

struct PulseWaiter {
    PulseWaiter(net::Turn& turn, std::shared_ptr<Answers> a) : event(turn), answers(std::move(a)) {
        answers->waiter = &event;
    }
    ~PulseWaiter() { answers->waiter = nullptr; }
    PulseWaiter(const PulseWaiter&) = delete;
    PulseWaiter& operator=(const PulseWaiter&) = delete;
    net::Event event;
    std::shared_ptr<Answers> answers;
};

}  // namespace

net::Task<std::size_t> count_silent(net::Loop& own, std::vector<net::Executor> others,
                                    std::chrono::milliseconds patience) {
    const auto answers = std::make_shared<Answers>();
    answers->missing = others.size();
    PulseWaiter waiter(own.turn, answers);
    for (const auto& other : others)
        boost::asio::post(other, [answers, back = own.executor()] {
            boost::asio::post(back, [answers] {
                --answers->missing;
                if (answers->waiter != nullptr) answers->waiter->set();
            });
        });
    const auto deadline = net::deadline_in(patience);
    while (answers->missing > 0) {
        auto wait = net::wait_for(waiter.event);
        const auto waited = co_await net::within(deadline, std::move(wait));
        if (!waited) break;
    }
    co_return answers->missing;
}

}  // namespace sallyport::daemon
