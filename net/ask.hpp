#pragma once

#include "net/event.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <boost/asio/post.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace sallyport::net {

/// Asks something that lives on another loop's thread, and waits on `here` for its answer. `ask` is
/// given what to call there with it; who asked may have been cancelled by then. If it is never
/// called (the other loop has ended), the wait ends when it is cancelled.
template <class Answer>
Task<Answer> ask_elsewhere(Loop& here, std::function<void(std::function<void(Answer)> tell)> ask) {
    struct Asked {
        Event* waiter = nullptr;
        std::optional<Answer> answer;
    };
    struct Waiter {
        Waiter(Turn& turn, std::shared_ptr<Asked> a) : event(turn), asked(std::move(a)) {
            asked->waiter = &event;
        }
        ~Waiter() { asked->waiter = nullptr; }
        Event event;
        std::shared_ptr<Asked> asked;
    };
    Waiter waiter(here.turn, std::make_shared<Asked>());
    ask([asked = waiter.asked, executor = here.executor()](Answer answer) {
        asio::post(executor, [asked, answer = std::move(answer)]() mutable {
            asked->answer = std::move(answer);
            if (asked->waiter != nullptr) asked->waiter->set();
        });
    });
    while (!waiter.asked->answer) co_await waiter.event.wait();
    co_return std::move(*waiter.asked->answer);
}

}  // namespace sallyport::net
