#include "net/poller.hpp"

#include "base/error.hpp"
#include "net/turn.hpp"

#include <cerrno>

namespace sallyport::net {

Poller::Poller(asio::io_context& io, Turn& turn)
    : turn_(turn), set_(io.get_executor(), ::epoll_create1(EPOLL_CLOEXEC)) {}

Result<void> Poller::add(int fd, Watcher& watcher) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &watcher;
    if (::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, fd, &event) != 0)
        return os_error("watch a socket");
    ++watched_;
    if (!waiting_) wait();
    return {};
}

void Poller::remove(int fd, Watcher& watcher) {
    ::epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, fd, nullptr);
    for (auto i = next_; i < count_; ++i)
        if (batch_[i].data.ptr == &watcher) batch_[i].data.ptr = nullptr;
    boost::system::error_code ignored;  // a wait that goes on only keeps the loop busy
    if (--watched_ == 0 && waiting_) set_.cancel(ignored);
}

void Poller::wait() {
    waiting_ = true;
    set_.async_wait(asio::posix::descriptor_base::wait_read,
                    [this](boost::system::error_code failure) {
                        waiting_ = false;
                        if (!failure) dispatch();
                        if (watched_ > 0 && !waiting_) wait();
                    });
}

void Poller::dispatch() {
    const int count =
        ::epoll_wait(set_.native_handle(), batch_.data(), static_cast<int>(batch_.size()), 0);
    if (count <= 0) return;
    count_ = static_cast<std::size_t>(count);
    turn_.enter();
    for (next_ = 0; next_ < count_;) {
        const auto& event = batch_[next_++];
        if (event.data.ptr != nullptr)
            static_cast<Watcher*>(event.data.ptr)->on_events(event.events);
    }
    count_ = next_ = 0;
    turn_.leave();
}

}  // namespace sallyport::net
